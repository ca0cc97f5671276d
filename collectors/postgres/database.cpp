// pg_database and pg_database_size(): "app", -1, 23413251 (PostgreSQL documentation, "System Catalogs: pg_database")
//
// All sizes come from one statement. pg_database_size() needs CONNECT on the database or pg_read_all_stats and fails
// otherwise, so it is asked only where it will answer: one closed database leaves out its own size and nothing else.
#include "collectors/postgres/query.h"

namespace exporter::postgres::database {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_database_connection_limit",
     "Sessions the database admits at once; -1 is no limit.",
     {"datname"}},
    {MetricType::gauge, "pg_database_size_bytes", "Disk space of the database in all tablespaces.", {"datname"}},
};

std::string_view statement(int version) {
  if (version < 100000) {
    return "SELECT datname, datconnlimit AS connection_limit, CASE WHEN has_database_privilege(oid, 'CONNECT')"
           " THEN pg_database_size(oid) END AS size_bytes FROM pg_database";
  }
  return "SELECT datname, datconnlimit AS connection_limit, CASE WHEN has_database_privilege(oid, 'CONNECT')"
         " OR pg_has_role('pg_read_all_stats', 'USAGE') THEN pg_database_size(oid) END AS size_bytes FROM pg_database";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_database_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "database",
    .summary = "size and connection limit of every database",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::database
