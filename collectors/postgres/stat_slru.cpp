// pg_stat_slru: one row a cache (PostgreSQL documentation, "pg_stat_slru"; 13 and later): "transaction", "1", "4077",
// ...
//
// PostgreSQL 17 renamed the caches; those before have its names here, so that graphs go on after an upgrade.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_slru {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "pg_stat_slru_blks_zeroed_total", "Blocks zeroed when they were made.", {"name"}},
    {MetricType::counter, "pg_stat_slru_blks_hit_total", "Blocks found in the cache.", {"name"}},
    {MetricType::counter, "pg_stat_slru_blks_read_total", "Blocks read from disk.", {"name"}},
    {MetricType::counter, "pg_stat_slru_blks_written_total", "Blocks written to disk.", {"name"}},
    {MetricType::counter, "pg_stat_slru_blks_exists_total", "Checks whether a block exists.", {"name"}},
    {MetricType::counter, "pg_stat_slru_flushes_total", "Flushes of dirty data.", {"name"}},
    {MetricType::counter, "pg_stat_slru_truncates_total", "Truncations.", {"name"}},
};

#define NUMBERS                                                                                           \
  " AS name, blks_zeroed AS blks_zeroed_total, blks_hit AS blks_hit_total, blks_read AS blks_read_total," \
  " blks_written AS blks_written_total, blks_exists AS blks_exists_total, flushes AS flushes_total,"      \
  " truncates AS truncates_total FROM pg_stat_slru"

std::string_view statement(int version) {
  if (version < 130000) {
    return {};
  }
  if (version < 170000) {
    return "SELECT CASE name WHEN 'CommitTs' THEN 'commit_timestamp' WHEN 'MultiXactMember' THEN 'multixact_member'"
           " WHEN 'MultiXactOffset' THEN 'multixact_offset' WHEN 'Notify' THEN 'notify' WHEN 'Serial' THEN"
           " 'serializable' WHEN 'Subtrans' THEN 'subtransaction' WHEN 'Xact' THEN 'transaction' ELSE name END" NUMBERS;
  }
  return "SELECT name" NUMBERS;
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_slru_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_slru",
    .summary = "caches of transaction status and the like (PostgreSQL 13 and later)",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_slru
