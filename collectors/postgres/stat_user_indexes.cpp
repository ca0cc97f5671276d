// pg_stat_user_indexes and pg_index.indisvalid: "public", "orders", "orders_pkey", "42", "1", ... (PostgreSQL
// documentation, "pg_stat_all_indexes")
//
// Which indexes nobody uses, which are invalid since CREATE INDEX CONCURRENTLY failed, and what they take. Sizes are
// read between scrapes, and not of indexes that somebody holds, or wants to hold, alone.
#include "collectors/postgres/query.h"
#include "collectors/postgres/relations_sql.h"

namespace exporter::postgres::stat_user_indexes {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "pg_stat_user_indexes_idx_scan_total",
     "Scans of the index started.",
     {"datname", "schemaname", "relname", "indexrelname"}},
    {MetricType::counter,
     "pg_stat_user_indexes_idx_tup_read_total",
     "Entries of the index that scans returned.",
     {"datname", "schemaname", "relname", "indexrelname"}},
    {MetricType::counter,
     "pg_stat_user_indexes_idx_tup_fetch_total",
     "Live rows of the table that simple scans of the index fetched.",
     {"datname", "schemaname", "relname", "indexrelname"}},
    {MetricType::gauge,
     "pg_stat_user_indexes_last_idx_scan_timestamp_seconds",
     "Unix time of the last scan; absent when there was none (PostgreSQL 16 and later).",
     {"datname", "schemaname", "relname", "indexrelname"}},
    {MetricType::gauge,
     "pg_stat_user_indexes_valid",
     "0 when queries do not use the index since it was not built to the end, else 1.",
     {"datname", "schemaname", "relname", "indexrelname"}},
    {MetricType::gauge,
     "pg_stat_user_indexes_size_bytes",
     "Disk space of the index.",
     {"datname", "schemaname", "relname", "indexrelname"}},
};

constexpr std::string_view kCounters =
    "SELECT current_database() AS datname, schemaname, relname, indexrelname, idx_scan AS idx_scan_total,"
    " idx_tup_read AS idx_tup_read_total, idx_tup_fetch AS idx_tup_fetch_total, (SELECT indisvalid::int FROM pg_index"
    " i WHERE i.indexrelid = s.indexrelid) AS valid";
constexpr std::string_view kSizes =
    "SELECT current_database() AS datname, schemaname, relname, indexrelname, pg_relation_size(indexrelid) AS "
    "size_bytes"
    " FROM pg_stat_user_indexes WHERE NOT EXISTS (SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock'"
    " AND relation IN (relid, indexrelid)"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AND ";

std::unique_ptr<Query> make(const Environment& environment) {
  constexpr std::string_view kPrefix = "pg_stat_user_indexes_";
  constexpr std::span<const MetricDesc> kAll(kMetrics);
  const std::string where = RelationChoice(environment.options).condition();
  auto query = std::make_unique<View>(
      kPrefix, kAll.first(kAll.size() - 1),
      [where](int version) {
        std::string sql(kCounters);
        if (version >= 160000) {
          sql += ", floor(extract(epoch FROM last_idx_scan)) AS last_idx_scan_timestamp_seconds";
        }
        return sql + " FROM pg_stat_user_indexes s WHERE " + where;
      },
      Scope::database, 0);
  query->add(std::make_unique<View>(
      kPrefix, kAll.last(1), [where](int /*version*/) { return std::string(kSizes) + where; }, Scope::database,
      environment.options.number("postgres.size-interval")));
  return query;
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_user_indexes",
    .summary = "use, validity and sizes of the indexes of every database",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_user_indexes
