// pg_stat_user_tables: "public", "orders", "5", "100105", ... (PostgreSQL documentation, "pg_stat_all_tables")
//
// The size functions look at every file of a table, so sizes are read between scrapes. They wait for whoever holds a
// table ACCESS EXCLUSIVE (ALTER TABLE, VACUUM FULL), so they are not called for a table that is so locked, or about to
// be: its sizes are left out.
#include "collectors/postgres/query.h"

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

std::string_view statement(int version) {
  if (version < 90400) {
    return {};
  }
  return "SELECT current_database() AS datname, schemaname, relname, coalesce(seq_scan, 0) AS seq_scan,"
         " coalesce(seq_tup_read, 0) AS seq_tup_read, coalesce(idx_scan, 0) AS idx_scan,"
         " coalesce(idx_tup_fetch, 0) AS idx_tup_fetch, coalesce(n_tup_ins, 0) AS n_tup_ins,"
         " coalesce(n_tup_upd, 0) AS n_tup_upd, coalesce(n_tup_del, 0) AS n_tup_del,"
         " coalesce(n_tup_hot_upd, 0) AS n_tup_hot_upd, coalesce(n_live_tup, 0) AS n_live_tup,"
         " coalesce(n_dead_tup, 0) AS n_dead_tup, coalesce(n_mod_since_analyze, 0) AS n_mod_since_analyze,"
         " coalesce(floor(extract(epoch FROM last_vacuum)), 0) AS last_vacuum,"
         " coalesce(floor(extract(epoch FROM last_autovacuum)), 0) AS last_autovacuum,"
         " coalesce(floor(extract(epoch FROM last_analyze)), 0) AS last_analyze,"
         " coalesce(floor(extract(epoch FROM last_autoanalyze)), 0) AS last_autoanalyze,"
         " coalesce(vacuum_count, 0) AS vacuum_count, coalesce(autovacuum_count, 0) AS autovacuum_count,"
         " coalesce(analyze_count, 0) AS analyze_count, coalesce(autoanalyze_count, 0) AS autoanalyze_count"
         " FROM pg_stat_user_tables";
}

std::string_view sizes(int version) {
  if (version < 90400) {
    return {};
  }
  return "SELECT current_database() AS datname, nspname AS schemaname, relname,"
         " pg_indexes_size(c.oid) AS index_size_bytes, pg_table_size(c.oid) AS table_size_bytes"
         " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
         " WHERE relkind IN ('r', 'm', 'p') AND nspname !~ '^pg_' AND nspname <> 'information_schema'"
         " AND c.oid NOT IN (SELECT relation FROM pg_locks WHERE mode = 'AccessExclusiveLock'"
         " AND relation IS NOT NULL AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
}

std::unique_ptr<Query> make(const Environment& environment) {
  constexpr std::string_view kPrefix = "pg_stat_user_tables_";
  constexpr std::span<const MetricDesc> kAll(kMetrics);
  auto query = std::make_unique<View>(kPrefix, kAll.first(kAll.size() - kSizes), statement, Scope::database);
  query->add(std::make_unique<View>(kPrefix, kAll.last(kSizes), sizes, Scope::database,
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
