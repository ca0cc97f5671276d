// pg_statio_user_tables: "public", "orders", "1657", "6515", ... (PostgreSQL documentation, "pg_statio_all_tables")
//
// A table without indexes or TOAST has NULLs, shown as 0.
#include "collectors/postgres/query.h"
#include "collectors/postgres/relations_sql.h"

namespace exporter::postgres::statio_user_tables {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "pg_statio_user_tables_heap_blocks_read",
     "Blocks of the table read from the operating system.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_statio_user_tables_heap_blocks_hit",
     "Blocks of the table found in shared buffers.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_statio_user_tables_idx_blocks_read",
     "Blocks of its indexes read from the operating system.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_statio_user_tables_idx_blocks_hit",
     "Blocks of its indexes found in shared buffers.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_statio_user_tables_toast_blocks_read",
     "Blocks of its TOAST table read from the operating system.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_statio_user_tables_toast_blocks_hit",
     "Blocks of its TOAST table found in shared buffers.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_statio_user_tables_tidx_blocks_read",
     "Blocks of the index of its TOAST table read from the operating system.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_statio_user_tables_tidx_blocks_hit",
     "Blocks of the index of its TOAST table found in shared buffers.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
};

constexpr RelationColumn kColumns[] = {
    {"coalesce(heap_blks_read, 0)", "heap_blocks_read"},   {"coalesce(heap_blks_hit, 0)", "heap_blocks_hit"},
    {"coalesce(idx_blks_read, 0)", "idx_blocks_read"},     {"coalesce(idx_blks_hit, 0)", "idx_blocks_hit"},
    {"coalesce(toast_blks_read, 0)", "toast_blocks_read"}, {"coalesce(toast_blks_hit, 0)", "toast_blocks_hit"},
    {"coalesce(tidx_blks_read, 0)", "tidx_blocks_read"},   {"coalesce(tidx_blks_hit, 0)", "tidx_blocks_hit"},
};

std::unique_ptr<Query> make(const Environment& environment) {
  return std::make_unique<View>(
      "pg_statio_user_tables_", kMetrics,
      [choice = RelationChoice(environment.options)](int version) {
        return choice.sql(version, "pg_statio_user_tables", {}, kColumns);
      },
      Scope::database, 0);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "statio_user_tables",
    .summary = "block reads of the tables of every database",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::statio_user_tables
