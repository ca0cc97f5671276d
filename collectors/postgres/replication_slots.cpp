// pg_replication_slots: "standby1", "physical", NULL, "t", ... (PostgreSQL documentation, "pg_replication_slots")
//
// Positions are bytes from the beginning of the WAL. A physical slot has no database: the label is empty.
#include "collectors/postgres/query.h"

namespace exporter::postgres::replication_slots {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_replication_slots_active",
     "1 when the slot is in use, else 0.",
     {"slot_name", "database", "server"}},
    {MetricType::gauge,
     "pg_replication_slots_pg_wal_lsn_diff",
     "Bytes of WAL the slot holds back, from its oldest needed position to now.",
     {"slot_name", "database", "server"}},
    {MetricType::untyped,
     "pg_replication_slots_pg_xlog_location_diff",
     "Bytes of WAL the slot holds back (before PostgreSQL 10).",
     {"slot_name", "database", "server"}},
    {MetricType::gauge,
     "pg_replication_slots_slot_current_wal_lsn",
     "Current WAL position of the server in bytes.",
     {"slot_name", "slot_type"}},
    {MetricType::gauge,
     "pg_replication_slots_slot_confirmed_flush_lsn",
     "Position the consumer of an active slot has confirmed, in bytes; 0 when it confirmed none.",
     {"slot_name", "slot_type"}},
    {MetricType::gauge,
     "pg_replication_slots_slot_is_active",
     "1 when the slot is in use, else 0.",
     {"slot_name", "slot_type"}},
    {MetricType::gauge,
     "pg_replication_slots_safe_wal_size_bytes",
     "Bytes that may still be written before the slot may be lost; absent without max_slot_wal_keep_size.",
     {"slot_name", "slot_type"}},
    {MetricType::gauge,
     "pg_replication_slots_wal_status",
     "1 for the present availability of the WAL the slot needs.",
     {"slot_name", "slot_type", "wal_status"}},
    {MetricType::gauge,
     "pg_replication_slots_conflicting",
     "1 when a logical slot was invalidated by replay on a standby, else 0 (PostgreSQL 16 and later).",
     {"slot_name", "slot_type"}},
    {MetricType::gauge,
     "pg_replication_slots_inactive_since_timestamp_seconds",
     "Unix time since which nobody uses the slot; absent while somebody does (PostgreSQL 17 and later).",
     {"slot_name", "slot_type"}},
    {MetricType::gauge,
     "pg_replication_slots_invalidation_reason",
     "1 for a slot that can no longer be used; the label says why (PostgreSQL 17 and later).",
     {"slot_name", "slot_type", "invalidation_reason"}},
};

#define CURRENT_LSN "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END"
#define SINCE_10                                                                            \
  "SELECT slot_name, coalesce(database, '') AS database, slot_type, active::int AS active," \
  " pg_wal_lsn_diff(" CURRENT_LSN                                                           \
  ", restart_lsn) AS pg_wal_lsn_diff,"                                                      \
  " coalesce(pg_wal_lsn_diff(" CURRENT_LSN                                                  \
  ", '0/0'), 0) AS slot_current_wal_lsn,"                                                   \
  " CASE WHEN active THEN coalesce(pg_wal_lsn_diff(confirmed_flush_lsn, '0/0'), 0) END"     \
  " AS slot_confirmed_flush_lsn, active::int AS slot_is_active"

#define SINCE_13                                        \
  SINCE_10                                              \
  ", safe_wal_size AS safe_wal_size_bytes, wal_status," \
  " CASE WHEN wal_status IS NOT NULL THEN 1 END AS wal_status"

std::string_view statement(int version) {
  if (version < 90400) {
    return {};
  }
  if (version < 100000) {
    return "SELECT slot_name, database, slot_type, NULL AS wal_status, NULL AS invalidation_reason,"
           " active::int AS active,"
           " pg_xlog_location_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_xlog_receive_location()"
           " ELSE pg_current_xlog_location() END, restart_lsn) AS pg_xlog_location_diff FROM pg_replication_slots";
  }
  if (version < 130000) {
    return SINCE_10 ", NULL AS wal_status, NULL AS invalidation_reason FROM pg_replication_slots";
  }
  if (version < 160000) {
    return SINCE_13 ", NULL AS invalidation_reason FROM pg_replication_slots";
  }
  if (version < 170000) {
    return SINCE_13 ", NULL AS invalidation_reason, conflicting::int AS conflicting FROM pg_replication_slots";
  }
  return SINCE_13
      ", conflicting::int AS conflicting, extract(epoch FROM inactive_since) AS inactive_since_timestamp_seconds,"
      " invalidation_reason, CASE WHEN invalidation_reason IS NOT NULL THEN 1 END AS invalidation_reason"
      " FROM pg_replication_slots";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_replication_slots_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "replication_slots",
    .summary = "position and state of the replication slots",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::replication_slots
