// pg_statio_user_indexes: "public", "orders", "orders_pkey", "12", "6515" (PostgreSQL documentation,
// "pg_statio_all_indexes")
#include "collectors/postgres/query.h"
#include "collectors/postgres/relations_sql.h"

namespace exporter::postgres::statio_user_indexes {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "pg_statio_user_indexes_idx_blks_read_total",
     "Blocks of the index read from the operating system.",
     {"datname", "schemaname", "relname", "indexrelname"}},
    {MetricType::counter,
     "pg_statio_user_indexes_idx_blks_hit_total",
     "Blocks of the index found in shared buffers.",
     {"datname", "schemaname", "relname", "indexrelname"}},
};

std::unique_ptr<Query> make(const Environment& environment) {
  return std::make_unique<View>(
      "pg_statio_user_indexes_", kMetrics,
      [where = RelationChoice(environment.options).condition()](int /*version*/) {
        return "SELECT current_database() AS datname, schemaname, relname, indexrelname,"
               " coalesce(idx_blks_read, 0) AS idx_blks_read_total, coalesce(idx_blks_hit, 0) AS idx_blks_hit_total"
               " FROM pg_statio_user_indexes WHERE " +
               where;
      },
      Scope::database, 0);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "statio_user_indexes",
    .summary = "block reads of the indexes of every database",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::statio_user_indexes
