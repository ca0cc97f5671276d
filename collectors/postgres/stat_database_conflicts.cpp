// pg_stat_database_conflicts: "16385", "app", "0", "2", ... (PostgreSQL documentation, "pg_stat_database_conflicts")
//
// Queries of a standby that were cancelled because replay could not wait for them, by cause; all 0 on a primary.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_database_conflicts {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "pg_stat_database_conflicts_confl_tablespace",
     "Queries cancelled by a dropped tablespace.",
     {"datid", "datname", "server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_conflicts_confl_lock",
     "Queries cancelled by a lock that replay had to take.",
     {"datid", "datname", "server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_conflicts_confl_snapshot",
     "Queries cancelled because replay removed rows their snapshot could see.",
     {"datid", "datname", "server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_conflicts_confl_bufferpin",
     "Queries cancelled because they pinned a buffer.",
     {"datid", "datname", "server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_conflicts_confl_deadlock",
     "Queries cancelled by a deadlock with replay.",
     {"datid", "datname", "server"},
     Naming::legacy},
    {MetricType::untyped,
     "pg_stat_database_conflicts_confl_active_logicalslot",
     "Logical slots cancelled by replay (PostgreSQL 16 and later).",
     {"datid", "datname", "server"}},
};

std::string_view statement(int version) {
  if (version < 160000) {
    return "SELECT datid, datname, confl_tablespace, confl_lock, confl_snapshot, confl_bufferpin, confl_deadlock"
           " FROM pg_stat_database_conflicts";
  }
  return "SELECT datid, datname, confl_tablespace, confl_lock, confl_snapshot, confl_bufferpin, confl_deadlock,"
         " confl_active_logicalslot FROM pg_stat_database_conflicts";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_database_conflicts_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_database_conflicts",
    .summary = "queries cancelled by replay on a standby",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_database_conflicts
