// pg_stat_activity: one row a running autovacuum (PostgreSQL documentation, "pg_stat_activity"):
//   "autovacuum: VACUUM ANALYZE public.orders"
//
// relname is what follows the schema's point: for the wraparound kind with the words that say so.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_activity_autovacuum {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_stat_activity_autovacuum_timestamp_seconds",
     "Unix time at which the transaction of the table's autovacuum began.",
     {"relname"}},
};

// The earliest stands for tables of one name in several schemas or databases.
std::string_view statement(int version) {
  if (version < 90200) {
    return {};
  }
  return "SELECT split_part(query, '.', 2) AS relname, extract(epoch FROM min(xact_start)) AS timestamp_seconds"
         " FROM pg_stat_activity WHERE query LIKE 'autovacuum:%' GROUP BY 1";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_activity_autovacuum_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_activity_autovacuum",
    .summary = "running autovacuums",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_activity_autovacuum
