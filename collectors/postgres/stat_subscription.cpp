// pg_stat_subscription and pg_stat_subscription_stats: one row a worker, here one a subscription (PostgreSQL
// documentation, "pg_stat_subscription"): "app", "orders_from_eu", "1", "1", "0", "50331704", ...
//
// Subscriptions of all databases; before PostgreSQL 14 without their database's name. Positions are bytes from the
// beginning of the publisher's WAL.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_subscription {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_stat_subscription_enabled",
     "1 when the subscription is enabled, else 0.",
     {"datname", "subname"}},
    {MetricType::gauge,
     "pg_stat_subscription_apply_workers",
     "Leading apply workers: 1 while the subscription runs, else 0.",
     {"datname", "subname"}},
    {MetricType::gauge,
     "pg_stat_subscription_sync_workers",
     "Workers that copy tables for the first time.",
     {"datname", "subname"}},
    {MetricType::gauge,
     "pg_stat_subscription_parallel_workers",
     "Parallel apply workers (PostgreSQL 16 and later).",
     {"datname", "subname"}},
    {MetricType::gauge,
     "pg_stat_subscription_received_lsn_bytes",
     "WAL position received, in bytes; absent while the subscription does not run.",
     {"datname", "subname"}},
    {MetricType::gauge,
     "pg_stat_subscription_latest_end_lsn_bytes",
     "WAL position last reported to the publisher, in bytes; absent while the subscription does not run.",
     {"datname", "subname"}},
    {MetricType::gauge,
     "pg_stat_subscription_last_msg_send_timestamp_seconds",
     "Unix time at which the last message was sent, by the clock of the publisher.",
     {"datname", "subname"}},
    {MetricType::gauge,
     "pg_stat_subscription_last_msg_receipt_timestamp_seconds",
     "Unix time at which the last message was received.",
     {"datname", "subname"}},
    {MetricType::gauge,
     "pg_stat_subscription_latest_end_timestamp_seconds",
     "Unix time at which a position was last reported to the publisher.",
     {"datname", "subname"}},
    {MetricType::counter,
     "pg_stat_subscription_apply_errors_total",
     "Errors while changes were applied (PostgreSQL 15 and later).",
     {"datname", "subname"}},
    {MetricType::counter,
     "pg_stat_subscription_sync_errors_total",
     "Errors while tables were copied for the first time (PostgreSQL 15 and later).",
     {"datname", "subname"}},
    {MetricType::counter,
     "pg_stat_subscription_confl_insert_exists_total",
     "Conflicts: inserts of a key that exists (PostgreSQL 18 and later).",
     {"datname", "subname"}},
    {MetricType::counter,
     "pg_stat_subscription_confl_update_origin_differs_total",
     "Conflicts: updates of a row that another origin changed (PostgreSQL 18 and later).",
     {"datname", "subname"}},
    {MetricType::counter,
     "pg_stat_subscription_confl_update_exists_total",
     "Conflicts: updates to a key that exists (PostgreSQL 18 and later).",
     {"datname", "subname"}},
    {MetricType::counter,
     "pg_stat_subscription_confl_update_missing_total",
     "Conflicts: updates of a row that is missing (PostgreSQL 18 and later).",
     {"datname", "subname"}},
    {MetricType::counter,
     "pg_stat_subscription_confl_delete_origin_differs_total",
     "Conflicts: deletes of a row that another origin changed (PostgreSQL 18 and later).",
     {"datname", "subname"}},
    {MetricType::counter,
     "pg_stat_subscription_confl_delete_missing_total",
     "Conflicts: deletes of a row that is missing (PostgreSQL 18 and later).",
     {"datname", "subname"}},
    {MetricType::counter,
     "pg_stat_subscription_confl_multiple_unique_conflicts_total",
     "Conflicts: rows that break several unique keys (PostgreSQL 18 and later).",
     {"datname", "subname"}},
};

#define LSN(column, apply) ", max(pg_wal_lsn_diff(" column ", '0/0')) FILTER (WHERE " apply ") AS " column "_bytes"
#define TIME(column, apply) \
  ", extract(epoch FROM max(" column "_time) FILTER (WHERE " apply ")) AS " column "_timestamp_seconds"
#define CONFLICT(kind) ", max(e.confl_" kind ") AS confl_" kind "_total"
#define COLUMNS(apply)                                                                                           \
  "SELECT d.datname, s.subname, min(subenabled::int) AS enabled, count(s.pid) FILTER (WHERE " apply              \
  ") AS apply_workers, count(s.pid) FILTER (WHERE relid IS NOT NULL) AS sync_workers" LSN("received_lsn", apply) \
      LSN("latest_end_lsn", apply) TIME("last_msg_send", apply) TIME("last_msg_receipt", apply)                  \
          TIME("latest_end", apply)
#define LED COLUMNS("relid IS NULL AND leader_pid IS NULL") ", count(leader_pid) AS parallel_workers"
#define ERRORS ", max(e.apply_error_count) AS apply_errors_total, max(e.sync_error_count) AS sync_errors_total"
#define FROM_VIEW \
  " FROM pg_stat_subscription s JOIN pg_subscription o ON o.oid = s.subid JOIN pg_database d ON d.oid = o.subdbid"
// Before PostgreSQL 14 only superusers may read the column to join by.
#define FROM_ALONE " FROM pg_stat_subscription s, (SELECT NULL::text AS datname, NULL::bool AS subenabled) d"
#define FROM_BOTH FROM_VIEW " LEFT JOIN pg_stat_subscription_stats e ON e.subid = s.subid"
#define GROUPED " GROUP BY s.subid, d.datname, s.subname"

std::string_view statement(int version) {
  if (version < 100000) {
    return {};
  }
  if (version < 140000) {
    return COLUMNS("relid IS NULL") FROM_ALONE GROUPED;
  }
  if (version < 150000) {
    return COLUMNS("relid IS NULL") FROM_VIEW GROUPED;
  }
  if (version < 160000) {
    return COLUMNS("relid IS NULL") ERRORS FROM_BOTH GROUPED;
  }
  if (version < 180000) {
    return LED ERRORS FROM_BOTH GROUPED;
  }
  return LED ERRORS CONFLICT("insert_exists") CONFLICT("update_origin_differs") CONFLICT("update_exists")
      CONFLICT("update_missing") CONFLICT("delete_origin_differs") CONFLICT("delete_missing")
          CONFLICT("multiple_unique_conflicts") FROM_BOTH GROUPED;
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_subscription_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_subscription",
    .summary = "logical replication subscriptions and their workers (PostgreSQL 10 and later)",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_subscription
