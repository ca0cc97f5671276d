// pg_stat_checkpointer: one row (PostgreSQL documentation, "pg_stat_checkpointer"; 17 and later): "12", "3", ...
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_checkpointer {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "pg_stat_checkpointer_num_timed_total", "Checkpoints started by checkpoint_timeout."},
    {MetricType::counter, "pg_stat_checkpointer_num_requested_total", "Checkpoints that were requested."},
    {MetricType::counter, "pg_stat_checkpointer_restartpoints_timed_total",
     "Restartpoints started by checkpoint_timeout."},
    {MetricType::counter, "pg_stat_checkpointer_restartpoints_req_total", "Restartpoints that were requested."},
    {MetricType::counter, "pg_stat_checkpointer_restartpoints_done_total", "Restartpoints completed."},
    {MetricType::counter, "pg_stat_checkpointer_write_time_total", "Milliseconds spent writing files."},
    {MetricType::counter, "pg_stat_checkpointer_sync_time_total", "Milliseconds spent in fsync."},
    {MetricType::counter, "pg_stat_checkpointer_buffers_written_total", "Buffers written."},
    {MetricType::counter, "pg_stat_checkpointer_num_done_total", "Checkpoints completed (PostgreSQL 18 and later)."},
    {MetricType::counter, "pg_stat_checkpointer_slru_written_total",
     "SLRU buffers written by checkpoints (PostgreSQL 18 and later)."},
    {MetricType::counter, "pg_stat_checkpointer_stats_reset_total",
     "Unix time of the last reset of these counters; 0 when never."},
};

#define COLUMNS                                                                                                    \
  "SELECT num_timed AS num_timed_total, num_requested AS num_requested_total,"                                     \
  " restartpoints_timed AS restartpoints_timed_total, restartpoints_req AS restartpoints_req_total,"               \
  " restartpoints_done AS restartpoints_done_total, write_time AS write_time_total, sync_time AS sync_time_total," \
  " buffers_written AS buffers_written_total, coalesce(extract(epoch FROM stats_reset), 0) AS stats_reset_total"

std::string_view statement(int version) {
  if (version < 170000) {
    return {};
  }
  return version < 180000 ? COLUMNS " FROM pg_stat_checkpointer"
                          : COLUMNS
             ", num_done AS num_done_total, slru_written AS slru_written_total FROM pg_stat_checkpointer";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_checkpointer_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_checkpointer",
    .summary = "checkpoints and restartpoints (PostgreSQL 17 and later)",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_checkpointer
