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
    {MetricType::counter,
     "pg_stat_database_sessions_total",
     "Sessions opened (PostgreSQL 14 and later).",
     {"datid", "datname"}},
    {MetricType::counter,
     "pg_stat_database_sessions_abandoned_total",
     "Sessions whose client was lost (PostgreSQL 14 and later).",
     {"datid", "datname"}},
    {MetricType::counter,
     "pg_stat_database_sessions_fatal_total",
     "Sessions ended by an error (PostgreSQL 14 and later).",
     {"datid", "datname"}},
    {MetricType::counter,
     "pg_stat_database_sessions_killed_total",
     "Sessions ended by an operator (PostgreSQL 14 and later).",
     {"datid", "datname"}},
    {MetricType::counter,
     "pg_stat_database_session_time_seconds_total",
     "Seconds that sessions existed (PostgreSQL 14 and later).",
     {"datid", "datname"}},
    {MetricType::counter,
     "pg_stat_database_idle_in_transaction_time_seconds_total",
     "Seconds spent idle in transactions (PostgreSQL 14 and later).",
     {"datid", "datname"}},
    {MetricType::counter,
     "pg_stat_database_checksum_failures_total",
     "Data pages with a wrong checksum; absent without checksums (PostgreSQL 12 and later).",
     {"datid", "datname"}},
    {MetricType::counter,
     "pg_stat_database_parallel_workers_to_launch_total",
     "Parallel workers that queries planned to start (PostgreSQL 18 and later).",
     {"datid", "datname"}},
    {MetricType::counter,
     "pg_stat_database_parallel_workers_launched_total",
     "Parallel workers that queries started (PostgreSQL 18 and later).",
     {"datid", "datname"}},
    {MetricType::gauge,
     "pg_stat_database_checksum_last_failure_timestamp_seconds",
     "Unix time at which a wrong checksum was last found; absent when none was (PostgreSQL 12 and later).",
     {"datid", "datname"}},
};

#define COMMON_COLUMNS                                                                                       \
  "datid, datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit, tup_returned, tup_fetched," \
  " tup_inserted, tup_updated, tup_deleted, conflicts, temp_files, temp_bytes, deadlocks, blk_read_time,"    \
  " blk_write_time, coalesce(extract(epoch FROM stats_reset), 0) AS stats_reset"

#define CHECKSUM_COLUMNS                            \
  ", checksum_failures AS checksum_failures_total," \
  " extract(epoch FROM checksum_last_failure) AS checksum_last_failure_timestamp_seconds"
#define SESSION_COLUMNS                                                                           \
  ", active_time / 1000 AS active_time_seconds_total, sessions AS sessions_total,"                \
  " sessions_abandoned AS sessions_abandoned_total, sessions_fatal AS sessions_fatal_total,"      \
  " sessions_killed AS sessions_killed_total, session_time / 1000 AS session_time_seconds_total," \
  " idle_in_transaction_time / 1000 AS idle_in_transaction_time_seconds_total"
#define ALL_BUT_SHARED " FROM pg_stat_database WHERE datname IS NOT NULL"

std::string_view statement(int version) {
  if (version < 120000) {
    return "SELECT " COMMON_COLUMNS ALL_BUT_SHARED;
  }
  if (version < 140000) {
    return "SELECT " COMMON_COLUMNS CHECKSUM_COLUMNS ALL_BUT_SHARED;
  }
  if (version < 180000) {
    return "SELECT " COMMON_COLUMNS CHECKSUM_COLUMNS SESSION_COLUMNS ALL_BUT_SHARED;
  }
  return "SELECT " COMMON_COLUMNS CHECKSUM_COLUMNS SESSION_COLUMNS
         ", parallel_workers_to_launch AS parallel_workers_to_launch_total,"
         " parallel_workers_launched AS parallel_workers_launched_total" ALL_BUT_SHARED;
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
