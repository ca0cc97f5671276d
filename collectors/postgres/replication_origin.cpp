// pg_replication_origin_status: one row an origin (PostgreSQL documentation, "pg_replication_origin_status"):
//   "pg_16400", "50331704", "41226840"
//
// Only superusers may read the view; others after GRANT SELECT ON pg_replication_origin_status, and EXECUTE ON FUNCTION
// pg_show_replication_origin_status(). Without there is nothing to show.
#include "collectors/postgres/query.h"

namespace exporter::postgres::replication_origin {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_replication_origin_remote_lsn_bytes",
     "WAL position of the origin up to which its changes were replayed, in bytes.",
     {"origin"}},
    {MetricType::gauge,
     "pg_replication_origin_local_lsn_bytes",
     "WAL position of this server at which those changes were flushed, in bytes; 0 when it is not known.",
     {"origin"}},
};

// has_table_privilege() decides before the inner statement runs, which is why there is one. Names are joined outside of
// the XML: they may hold anything.
std::string_view statement(int version) {
  if (version < 100000) {
    return {};
  }
  return "SELECT o.roname AS origin, s.remote_lsn_bytes, s.local_lsn_bytes FROM (SELECT query_to_xml("
         "'SELECT local_id, pg_wal_lsn_diff(remote_lsn, ''0/0'') AS remote_lsn_bytes,"
         " pg_wal_lsn_diff(local_lsn, ''0/0'') AS local_lsn_bytes FROM pg_replication_origin_status',"
         " false, false, '') AS doc WHERE has_table_privilege('pg_replication_origin_status', 'SELECT')"
         " AND has_function_privilege('pg_show_replication_origin_status()', 'EXECUTE')) x,"
         " LATERAL xmltable('/table/row' PASSING x.doc COLUMNS local_id oid, remote_lsn_bytes text,"
         " local_lsn_bytes text) s JOIN pg_replication_origin o ON o.roident = s.local_id";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_replication_origin_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "replication_origin",
    .summary = "progress of replication origins; needs SELECT on pg_replication_origin_status",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::replication_origin
