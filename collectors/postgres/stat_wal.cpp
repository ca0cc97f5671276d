// pg_stat_wal: one row (PostgreSQL documentation, "pg_stat_wal"; 14 and later): "31844", "401", "9384211", "0", ...
//
// PostgreSQL 18 moved writes and syncs to pg_stat_io; they are read from there under their old names, so that graphs go
// on after an upgrade.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_wal {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "pg_stat_wal_records_total", "WAL records made."},
    {MetricType::counter, "pg_stat_wal_fpi_total", "Full page images put into the WAL."},
    {MetricType::counter, "pg_stat_wal_bytes_total", "Bytes of WAL made."},
    {MetricType::counter, "pg_stat_wal_buffers_full_total",
     "Times WAL was written to disk because its buffers were full."},
    {MetricType::counter, "pg_stat_wal_write_total", "Times WAL buffers were written to disk."},
    {MetricType::counter, "pg_stat_wal_sync_total", "Times WAL files were synced to disk."},
    {MetricType::counter, "pg_stat_wal_write_time_seconds_total",
     "Seconds spent writing WAL to disk (track_wal_io_timing)."},
    {MetricType::counter, "pg_stat_wal_sync_time_seconds_total",
     "Seconds spent syncing WAL to disk (track_wal_io_timing)."},
    {MetricType::gauge, "pg_stat_wal_stats_reset_timestamp_seconds",
     "Unix time of the last reset of these counters; absent when never."},
};

#define COLUMNS                                                                          \
  "SELECT wal_records AS records_total, wal_fpi AS fpi_total, wal_bytes AS bytes_total," \
  " wal_buffers_full AS buffers_full_total, extract(epoch FROM w.stats_reset) AS stats_reset_timestamp_seconds, "

std::string_view statement(int version) {
  if (version < 140000) {
    return {};
  }
  if (version < 180000) {
    return COLUMNS
        "wal_write AS write_total, wal_sync AS sync_total, wal_write_time / 1000 AS write_time_seconds_total,"
        " wal_sync_time / 1000 AS sync_time_seconds_total FROM pg_stat_wal w";
  }
  return COLUMNS
      "i.* FROM pg_stat_wal w, (SELECT sum(writes) AS write_total, sum(fsyncs) AS sync_total,"
      " sum(write_time) / 1000 AS write_time_seconds_total, sum(fsync_time) / 1000 AS"
      " sync_time_seconds_total FROM pg_stat_io WHERE object = 'wal' AND context = 'normal') i";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_wal_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_wal",
    .summary = "WAL generated (PostgreSQL 14 and later)",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_wal
