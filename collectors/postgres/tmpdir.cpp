// pg_ls_tmpdir(): "pgsql_tmp4711.0", 1073741824, ... (PostgreSQL documentation, "Generic File Access Functions"; 12 and
// later)
//
// Sorts and hashes that outgrew work_mem, in bytes now; pg_stat_database_temp_bytes counts those that are over. Needs
// pg_monitor.
#include "collectors/postgres/query.h"

namespace exporter::postgres::tmpdir {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_tmpdir_files", "Temporary files that sessions have now.", {"tablespace"}},
    {MetricType::gauge, "pg_tmpdir_size_bytes", "Size of the temporary files that sessions have now.", {"tablespace"}},
};

std::string_view statement(int version) {
  if (version < 120000) {
    return {};
  }
  return "SELECT t.spcname AS tablespace, count(f.name) AS files, coalesce(sum(f.size), 0) AS size_bytes"
         " FROM pg_tablespace t LEFT JOIN LATERAL pg_ls_tmpdir(t.oid) f ON true WHERE t.spcname <> 'pg_global'"
         " GROUP BY 1";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_tmpdir_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "tmpdir",
    .summary = "temporary files by tablespace (PostgreSQL 12 and later); needs pg_monitor",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::tmpdir
