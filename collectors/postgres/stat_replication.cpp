// pg_stat_replication: one row a standby or receiver: "walreceiver", "10.0.0.2/32", "streaming", ...
// (PostgreSQL documentation, "pg_stat_replication")
//
// Positions are bytes from the beginning of the WAL. The label pid keeps two receivers of one name apart.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_replication {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_stat_replication_pg_current_wal_lsn_bytes",
     "Current WAL position of the server in bytes.",
     {"application_name", "client_addr", "state", "slot_name", "pid", "server"}},
    {MetricType::gauge,
     "pg_stat_replication_pg_wal_lsn_diff",
     "Bytes of WAL that the receiver has not replayed yet.",
     {"application_name", "client_addr", "state", "slot_name", "pid", "server"}},
    {MetricType::gauge,
     "pg_stat_replication_pg_xlog_location_diff",
     "Bytes of WAL that the receiver has not replayed yet (before PostgreSQL 10).",
     {"application_name", "client_addr", "state", "slot_name", "pid", "server"}},
    {MetricType::gauge,
     "pg_stat_replication_write_lag_seconds",
     "Seconds between recent WAL being flushed here and the receiver telling that it is written; absent when nothing "
     "was sent of late.",
     {"application_name", "client_addr", "state", "slot_name", "pid", "server"}},
    {MetricType::gauge,
     "pg_stat_replication_flush_lag_seconds",
     "Seconds between recent WAL being flushed here and the receiver telling that it is flushed; absent when nothing "
     "was sent of late.",
     {"application_name", "client_addr", "state", "slot_name", "pid", "server"}},
    {MetricType::gauge,
     "pg_stat_replication_replay_lag_seconds",
     "Seconds between recent WAL being flushed here and the receiver telling that it is replayed; absent when nothing "
     "was sent of late.",
     {"application_name", "client_addr", "state", "slot_name", "pid", "server"}},
    {MetricType::gauge,
     "pg_stat_replication_sync_state",
     "1; the label carries how commits wait for the receiver: async, potential, sync or quorum.",
     {"application_name", "client_addr", "state", "slot_name", "pid", "server", "sync_state"}},
};

#define CURRENT_LSN "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END"
#define LABELS                                                                                          \
  "SELECT application_name, client_addr::text AS client_addr, state, s.slot_name, r.pid, r.sync_state," \
  " CASE WHEN r.sync_state IS NOT NULL THEN 1 END AS sync_state"
#define FROM_BOTH " FROM pg_stat_replication r LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid"

std::string_view statement(int version) {
  if (version < 90500) {
    return {};
  }
  if (version < 100000) {
    return LABELS
        ", pg_xlog_location_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_xlog_receive_location()"
        " ELSE pg_current_xlog_location() END, replay_location) AS pg_xlog_location_diff" FROM_BOTH;
  }
  return LABELS ", pg_wal_lsn_diff(" CURRENT_LSN ", '0/0') AS pg_current_wal_lsn_bytes, pg_wal_lsn_diff(" CURRENT_LSN
                ", replay_lsn) AS pg_wal_lsn_diff, extract(epoch FROM write_lag) AS write_lag_seconds,"
                " extract(epoch FROM flush_lag) AS flush_lag_seconds,"
                " extract(epoch FROM replay_lag) AS replay_lag_seconds" FROM_BOTH;
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_replication_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_replication",
    .summary = "standbys and receivers connected to the server",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_replication
