// pg_stat_database: one row a database (PostgreSQL documentation, "pg_stat_database"): "16385", "app", "3", "28", ...
//
// The row of shared objects (datid 0, no name) is left out. Times are in milliseconds as the view has them, except
// active_time_seconds_total.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_database {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_stat_database_numbackends",
     "Sessions connected to the database now.",
     {"datid", "datname"}},
    {MetricType::counter,
     "pg_stat_database_xact_commit",
     "Transactions committed.",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_xact_rollback",
     "Transactions rolled back.",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_blks_read",
     "Blocks read from the operating system.",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_blks_hit",
     "Blocks found in shared buffers.",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_tup_returned",
     "Live rows fetched by scans and index entries returned.",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_tup_fetched",
     "Live rows fetched by index scans.",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter, "pg_stat_database_tup_inserted", "Rows inserted.", {"datid", "datname"}, Naming::legacy},
    {MetricType::counter, "pg_stat_database_tup_updated", "Rows updated.", {"datid", "datname"}, Naming::legacy},
    {MetricType::counter, "pg_stat_database_tup_deleted", "Rows deleted.", {"datid", "datname"}, Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_conflicts",
     "Queries cancelled because they were in the way of recovery (standby only).",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_temp_files",
     "Temporary files that queries made.",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_temp_bytes",
     "Bytes written to temporary files.",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter, "pg_stat_database_deadlocks", "Deadlocks found.", {"datid", "datname"}, Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_blk_read_time",
     "Milliseconds backends spent reading blocks (track_io_timing).",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_blk_write_time",
     "Milliseconds backends spent writing blocks (track_io_timing).",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_stats_reset",
     "Unix time of the last reset of these counters; 0 when never.",
     {"datid", "datname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_database_active_time_seconds_total",
     "Seconds spent executing statements (PostgreSQL 14 and later).",
     {"datid", "datname"}},
};

#define COMMON_COLUMNS                                                                                       \
  "datid, datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit, tup_returned, tup_fetched," \
  " tup_inserted, tup_updated, tup_deleted, conflicts, temp_files, temp_bytes, deadlocks, blk_read_time,"    \
  " blk_write_time, coalesce(extract(epoch FROM stats_reset), 0) AS stats_reset"

std::string_view statement(int version) {
  if (version < 140000) {
    return "SELECT " COMMON_COLUMNS " FROM pg_stat_database WHERE datname IS NOT NULL";
  }
  return "SELECT " COMMON_COLUMNS
         ", active_time / 1000 AS active_time_seconds_total FROM pg_stat_database WHERE datname IS NOT NULL";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_database_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_database",
    .summary = "activity of every database",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_database
