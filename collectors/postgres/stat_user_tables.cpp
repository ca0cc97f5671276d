// pg_stat_user_tables: "public", "orders", "5", "100105", ... (PostgreSQL documentation, "pg_stat_all_tables")
//
// The size functions look at every file of a table, so sizes are read between scrapes. They wait for whoever holds a
// table ACCESS EXCLUSIVE (ALTER TABLE, VACUUM FULL), so they are not called for a table that is so locked, or about to
// be: its sizes are left out.
#include "collectors/postgres/query.h"
#include "collectors/postgres/relations_sql.h"

namespace exporter::postgres::stat_user_tables {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "pg_stat_user_tables_seq_scan",
     "Sequential scans started.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_user_tables_seq_tup_read",
     "Live rows read by sequential scans.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_user_tables_idx_scan",
     "Index scans started.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_user_tables_idx_tup_fetch",
     "Live rows fetched by index scans.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_user_tables_n_tup_ins",
     "Rows inserted.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_user_tables_n_tup_upd",
     "Rows updated.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_user_tables_n_tup_del",
     "Rows deleted.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_user_tables_n_tup_hot_upd",
     "Rows updated without a new index entry.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::gauge,
     "pg_stat_user_tables_n_live_tup",
     "Live rows, estimated.",
     {"datname", "schemaname", "relname"}},
    {MetricType::gauge,
     "pg_stat_user_tables_n_dead_tup",
     "Dead rows, estimated.",
     {"datname", "schemaname", "relname"}},
    {MetricType::gauge,
     "pg_stat_user_tables_n_mod_since_analyze",
     "Rows changed since the last analyze, estimated.",
     {"datname", "schemaname", "relname"}},
    {MetricType::gauge,
     "pg_stat_user_tables_last_vacuum",
     "Unix time of the last manual vacuum; 0 when never.",
     {"datname", "schemaname", "relname"}},
    {MetricType::gauge,
     "pg_stat_user_tables_last_autovacuum",
     "Unix time of the last automatic vacuum; 0 when never.",
     {"datname", "schemaname", "relname"}},
    {MetricType::gauge,
     "pg_stat_user_tables_last_analyze",
     "Unix time of the last manual analyze; 0 when never.",
     {"datname", "schemaname", "relname"}},
    {MetricType::gauge,
     "pg_stat_user_tables_last_autoanalyze",
     "Unix time of the last automatic analyze; 0 when never.",
     {"datname", "schemaname", "relname"}},
    {MetricType::counter,
     "pg_stat_user_tables_vacuum_count",
     "Manual vacuums.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_user_tables_autovacuum_count",
     "Automatic vacuums.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_user_tables_analyze_count",
     "Manual analyzes.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_user_tables_autoanalyze_count",
     "Automatic analyzes.",
     {"datname", "schemaname", "relname"},
     Naming::legacy},
    {MetricType::gauge,
     "pg_stat_user_tables_index_size_bytes",
     "Disk space of the indexes.",
     {"datname", "schemaname", "relname"}},
    {MetricType::gauge,
     "pg_stat_user_tables_table_size_bytes",
     "Disk space of the table with TOAST and maps, without indexes.",
     {"datname", "schemaname", "relname"}},
};

constexpr std::size_t kSizes = 2;  // at the end of kMetrics

constexpr RelationColumn kCounters[] = {
    {"coalesce(seq_scan, 0)", "seq_scan"},
    {"coalesce(seq_tup_read, 0)", "seq_tup_read"},
    {"coalesce(idx_scan, 0)", "idx_scan"},
    {"coalesce(idx_tup_fetch, 0)", "idx_tup_fetch"},
    {"coalesce(n_tup_ins, 0)", "n_tup_ins"},
    {"coalesce(n_tup_upd, 0)", "n_tup_upd"},
    {"coalesce(n_tup_del, 0)", "n_tup_del"},
    {"coalesce(n_tup_hot_upd, 0)", "n_tup_hot_upd"},
    {"coalesce(n_live_tup, 0)", "n_live_tup"},
    {"coalesce(n_dead_tup, 0)", "n_dead_tup"},
    {"coalesce(n_mod_since_analyze, 0)", "n_mod_since_analyze"},
    {"coalesce(floor(extract(epoch FROM last_vacuum)), 0)", "last_vacuum", true},
    {"coalesce(floor(extract(epoch FROM last_autovacuum)), 0)", "last_autovacuum", true},
    {"coalesce(floor(extract(epoch FROM last_analyze)), 0)", "last_analyze", true},
    {"coalesce(floor(extract(epoch FROM last_autoanalyze)), 0)", "last_autoanalyze", true},
    {"coalesce(vacuum_count, 0)", "vacuum_count"},
    {"coalesce(autovacuum_count, 0)", "autovacuum_count"},
    {"coalesce(analyze_count, 0)", "analyze_count"},
    {"coalesce(autoanalyze_count, 0)", "autoanalyze_count"},
};
constexpr RelationColumn kSizeColumns[] = {
    {"pg_indexes_size(relid)", "index_size_bytes"},
    {"pg_table_size(relid)", "table_size_bytes"},
};
constexpr std::string_view kNotLocked =
    "relid NOT IN (SELECT relation FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";

std::unique_ptr<Query> make(const Environment& environment) {
  constexpr std::string_view kPrefix = "pg_stat_user_tables_";
  constexpr std::span<const MetricDesc> kAll(kMetrics);
  const RelationChoice choice(environment.options);
  const auto statement = [choice](std::span<const RelationColumn> columns, std::string_view where) {
    return [=](int version) {
      return version < 90400 ? std::string() : choice.sql(version, "pg_stat_user_tables", where, columns);
    };
  };
  auto query =
      std::make_unique<View>(kPrefix, kAll.first(kAll.size() - kSizes), statement(kCounters, {}), Scope::database, 0);
  query->add(std::make_unique<View>(kPrefix, kAll.last(kSizes), statement(kSizeColumns, kNotLocked), Scope::database,
                                    environment.options.number("postgres.size-interval")));
  return query;
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_user_tables",
    .summary = "statistics and sizes of the tables of every database",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_user_tables
