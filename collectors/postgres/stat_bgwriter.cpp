// pg_stat_bgwriter: one row (PostgreSQL documentation, "pg_stat_bgwriter"): "0", "6", "56", "37", "5167", ...
//
// PostgreSQL 17 moved the checkpoint columns to pg_stat_checkpointer; they are read from there under their old names so
// that graphs go on after an upgrade. The buffers written by backends have no such heir and end with 16.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_bgwriter {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "pg_stat_bgwriter_checkpoints_timed_total", "Checkpoints started by checkpoint_timeout."},
    {MetricType::counter, "pg_stat_bgwriter_checkpoints_req_total", "Checkpoints that were requested."},
    {MetricType::counter, "pg_stat_bgwriter_checkpoint_write_time_total",
     "Milliseconds checkpoints spent writing files."},
    {MetricType::counter, "pg_stat_bgwriter_checkpoint_sync_time_total", "Milliseconds checkpoints spent in fsync."},
    {MetricType::counter, "pg_stat_bgwriter_buffers_checkpoint_total", "Buffers written by checkpoints."},
    {MetricType::counter, "pg_stat_bgwriter_buffers_clean_total", "Buffers written by the background writer."},
    {MetricType::counter, "pg_stat_bgwriter_maxwritten_clean_total",
     "Rounds the background writer ended early at bgwriter_lru_maxpages."},
    {MetricType::counter, "pg_stat_bgwriter_buffers_backend_total", "Buffers written by backends themselves."},
    {MetricType::counter, "pg_stat_bgwriter_buffers_backend_fsync_total",
     "fsync calls that backends had to make themselves."},
    {MetricType::counter, "pg_stat_bgwriter_buffers_alloc_total", "Buffers allocated."},
    {MetricType::counter, "pg_stat_bgwriter_stats_reset_total",
     "Unix time of the last reset of these counters; 0 when never."},
};

// Columns are called as the metrics, with _total.
std::string_view statement(int version) {
  if (version >= 170000) {
    return "SELECT num_timed AS checkpoints_timed_total, num_requested AS checkpoints_req_total,"
           " write_time AS checkpoint_write_time_total, sync_time AS checkpoint_sync_time_total,"
           " buffers_written AS buffers_checkpoint_total, buffers_clean AS buffers_clean_total,"
           " maxwritten_clean AS maxwritten_clean_total, buffers_alloc AS buffers_alloc_total,"
           " coalesce(extract(epoch FROM b.stats_reset), 0) AS stats_reset_total"
           " FROM pg_stat_bgwriter b, pg_stat_checkpointer c";
  }
  return "SELECT checkpoints_timed AS checkpoints_timed_total, checkpoints_req AS checkpoints_req_total,"
         " checkpoint_write_time AS checkpoint_write_time_total, checkpoint_sync_time AS checkpoint_sync_time_total,"
         " buffers_checkpoint AS buffers_checkpoint_total, buffers_clean AS buffers_clean_total,"
         " maxwritten_clean AS maxwritten_clean_total, buffers_backend AS buffers_backend_total,"
         " buffers_backend_fsync AS buffers_backend_fsync_total, buffers_alloc AS buffers_alloc_total,"
         " coalesce(extract(epoch FROM stats_reset), 0) AS stats_reset_total FROM pg_stat_bgwriter";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_bgwriter_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_bgwriter",
    .summary = "background writer and checkpoints",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_bgwriter
