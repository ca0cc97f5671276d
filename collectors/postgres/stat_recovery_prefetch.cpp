// pg_stat_recovery_prefetch: one row (PostgreSQL documentation, "pg_stat_recovery_prefetch"; 15 and later): "641", ...
//
// Nothing is shown of a primary.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_recovery_prefetch {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "pg_stat_recovery_prefetch_prefetch_total",
     "Blocks read ahead because they were not in the buffer pool."},
    {MetricType::counter, "pg_stat_recovery_prefetch_hit_total",
     "Blocks not read ahead because they were in the buffer pool."},
    {MetricType::counter, "pg_stat_recovery_prefetch_skip_init_total",
     "Blocks not read ahead because they would be zeroed."},
    {MetricType::counter, "pg_stat_recovery_prefetch_skip_new_total",
     "Blocks not read ahead because they did not exist yet."},
    {MetricType::counter, "pg_stat_recovery_prefetch_skip_fpw_total",
     "Blocks not read ahead because the WAL held a full page image."},
    {MetricType::counter, "pg_stat_recovery_prefetch_skip_rep_total",
     "Blocks not read ahead because they already had been, a moment ago."},
    {MetricType::gauge, "pg_stat_recovery_prefetch_wal_distance_bytes",
     "Bytes by which reading the WAL is ahead of replay."},
    {MetricType::gauge, "pg_stat_recovery_prefetch_block_distance",
     "Blocks by which reading ahead is in front of replay."},
    {MetricType::gauge, "pg_stat_recovery_prefetch_io_depth", "Reads begun that are not known to be over."},
};

std::string_view statement(int version) {
  if (version < 150000) {
    return {};
  }
  return "SELECT prefetch AS prefetch_total, hit AS hit_total, skip_init AS skip_init_total,"
         " skip_new AS skip_new_total, skip_fpw AS skip_fpw_total, skip_rep AS skip_rep_total,"
         " wal_distance AS wal_distance_bytes, block_distance, io_depth FROM pg_stat_recovery_prefetch"
         " WHERE pg_is_in_recovery()";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_recovery_prefetch_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_recovery_prefetch",
    .summary = "blocks that a standby reads ahead of replay (PostgreSQL 15 and later)",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_recovery_prefetch
