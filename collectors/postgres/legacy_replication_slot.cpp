// pg_replication_slots under the names that exporters before 0.20 gave it: "standby1", "physical", "1", "50331704", ...
#include "collectors/postgres/query.h"

namespace exporter::postgres::legacy_replication_slot {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_replication_slot_slot_current_wal_lsn",
     "Current WAL position of the server in bytes.",
     {"slot_name", "slot_type"}},
    {MetricType::gauge,
     "pg_replication_slot_slot_confirmed_flush_lsn",
     "Position the consumer of an active slot has confirmed, in bytes; 0 when it confirmed none.",
     {"slot_name", "slot_type"}},
    {MetricType::gauge,
     "pg_replication_slot_slot_is_active",
     "1 when the slot is in use, else 0.",
     {"slot_name", "slot_type"}},
    {MetricType::gauge,
     "pg_replication_slot_safe_wal_size_bytes",
     "Bytes that may still be written before the slot may be lost; absent without max_slot_wal_keep_size.",
     {"slot_name", "slot_type"}},
    {MetricType::gauge,
     "pg_replication_slot_wal_status",
     "1 for the present availability of the WAL the slot needs.",
     {"slot_name", "slot_type", "wal_status"}},
};

#define COMMON                                                                                               \
  "SELECT slot_name, slot_type, active::int AS slot_is_active, coalesce(pg_wal_lsn_diff(CASE WHEN"           \
  " pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, '0/0'), 0)"            \
  " AS slot_current_wal_lsn, CASE WHEN active THEN coalesce(pg_wal_lsn_diff(confirmed_flush_lsn, '0/0'), 0)" \
  " END AS slot_confirmed_flush_lsn"

std::string_view statement(int version) {
  if (version < 100000) {
    return {};
  }
  if (version < 130000) {
    return COMMON ", NULL AS wal_status FROM pg_replication_slots";
  }
  return COMMON
      ", safe_wal_size AS safe_wal_size_bytes, wal_status,"
      " CASE WHEN wal_status IS NOT NULL THEN 1 END AS wal_status FROM pg_replication_slots";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_replication_slot_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "legacy_replication_slot",
    .summary = "replication slots by the names of older releases; on with --postgres.legacy-names",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
    .on_with = "postgres.legacy-names",
};

}  // namespace exporter::postgres::legacy_replication_slot
