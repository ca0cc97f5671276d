// pg_stat_wal_receiver: one row on a standby (PostgreSQL documentation, "pg_stat_wal_receiver"):
//   "db1", "standby1", "streaming", 50331648, 1, ...
//
// A standby without a slot has an empty label; what the server does not say is left out.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_wal_receiver {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "pg_stat_wal_receiver_receive_start_lsn",
     "WAL position at which receiving began, in bytes modulo 2^52.",
     {"upstream_host", "slot_name", "status"},
     Naming::legacy},
    {MetricType::gauge,
     "pg_stat_wal_receiver_receive_start_tli",
     "Timeline on which receiving began.",
     {"upstream_host", "slot_name", "status"}},
    {MetricType::counter,
     "pg_stat_wal_receiver_flushed_lsn",
     "WAL position received and flushed, in bytes modulo 2^52 (PostgreSQL 13 and later).",
     {"upstream_host", "slot_name", "status"},
     Naming::legacy},
    {MetricType::gauge,
     "pg_stat_wal_receiver_received_tli",
     "Timeline of the last position received and flushed.",
     {"upstream_host", "slot_name", "status"}},
    {MetricType::counter,
     "pg_stat_wal_receiver_last_msg_send_time",
     "Unix time at which the last message was sent, by the primary's clock.",
     {"upstream_host", "slot_name", "status"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_wal_receiver_last_msg_receipt_time",
     "Unix time at which the last message was received.",
     {"upstream_host", "slot_name", "status"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_wal_receiver_latest_end_lsn",
     "WAL position last reported to the primary, in bytes modulo 2^52.",
     {"upstream_host", "slot_name", "status"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_wal_receiver_latest_end_time",
     "Unix time at which a position was last reported to the primary.",
     {"upstream_host", "slot_name", "status"},
     Naming::legacy},
    {MetricType::gauge,
     "pg_stat_wal_receiver_upstream_node",
     "Number of the primary's node in repmgr, from the name of the slot.",
     {"upstream_host", "slot_name", "status"}},
};

// An LSN of one of the columns. 2^52 keeps it exact in a double.
#define LSN_BYTES(column) "pg_wal_lsn_diff(" #column ", '0/0') % 4503599627370496 AS " #column
#define COLUMNS \
  "SELECT coalesce(trim(BOTH '''' FROM substring(conninfo FROM 'host=([^ ]*)')), '') AS upstream_host, slot_name,"  \
  " status, " LSN_BYTES(receive_start_lsn) ", receive_start_tli, received_tli,"                                     \
  " extract(epoch FROM last_msg_send_time) AS last_msg_send_time,"                                                  \
  " extract(epoch FROM last_msg_receipt_time) AS last_msg_receipt_time, " LSN_BYTES(latest_end_lsn)                 \
  ", extract(epoch FROM latest_end_time) AS latest_end_time,"                                                       \
  " substring(slot_name FROM 'repmgr_slot_([0-9]+)') AS upstream_node"

std::string_view statement(int version) {
  if (version < 100000) {
    return {};
  }
  if (version < 130000) {
    return COLUMNS " FROM pg_stat_wal_receiver";
  }
  return COLUMNS ", " LSN_BYTES(flushed_lsn) " FROM pg_stat_wal_receiver";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_wal_receiver_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_wal_receiver",
    .summary = "what a standby receives from its primary",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_wal_receiver
