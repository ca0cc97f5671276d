// The server as a whole under the names that exporters before 0.11 gave it: one row, "0", "731", "6", "56", ...
//
// Dashboards still read them. The values are those of replication and stat_bgwriter; the other collectors called
// legacy_ do the same for databases, slots and statements.
#include "collectors/postgres/query.h"

namespace exporter::postgres::legacy_server {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_replication_lag",
     "Age of the last replayed transaction on a standby that has received more than it replayed, else 0.",
     {"server"}},
    {MetricType::counter, "pg_txid_current", "Transaction id that will be given next.", {"server"}, Naming::legacy},
    {MetricType::gauge,
     "pg_stat_ssl_compression",
     "Connections with SSL compression (before PostgreSQL 14).",
     {"server"}},
    {MetricType::counter,
     "pg_stat_bgwriter_checkpoints_timed",
     "Checkpoints started by checkpoint_timeout.",
     {"server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_bgwriter_checkpoints_req",
     "Checkpoints that were requested.",
     {"server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_bgwriter_checkpoint_write_time",
     "Milliseconds checkpoints spent writing files.",
     {"server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_bgwriter_checkpoint_sync_time",
     "Milliseconds checkpoints spent in fsync.",
     {"server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_bgwriter_buffers_checkpoint",
     "Buffers written by checkpoints.",
     {"server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_bgwriter_buffers_clean",
     "Buffers written by the background writer.",
     {"server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_bgwriter_maxwritten_clean",
     "Rounds the background writer ended early at bgwriter_lru_maxpages.",
     {"server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_bgwriter_buffers_backend",
     "Buffers written by backends themselves (before PostgreSQL 17).",
     {"server"},
     Naming::legacy},
    {MetricType::counter,
     "pg_stat_bgwriter_buffers_backend_fsync",
     "fsync calls that backends had to make themselves (before PostgreSQL 17).",
     {"server"},
     Naming::legacy},
    {MetricType::counter, "pg_stat_bgwriter_buffers_alloc", "Buffers allocated.", {"server"}, Naming::legacy},
    {MetricType::counter,
     "pg_stat_bgwriter_stats_reset",
     "Unix time of the last reset of these counters; 0 when never.",
     {"server"},
     Naming::legacy},
};

// Declared here, once, for all collectors called legacy_.
constexpr OptionDesc kOptions[] = {
    {"postgres.legacy-names", OptionType::flag, "false",
     "Show what older releases of postgres_exporter called otherwise under its old names as well, such as "
     "pg_replication_lag and pg_stat_bgwriter_buffers_alloc. Some of it is asked of the server a second time."},
};

#define LAG(receive, replay)                                          \
  "SELECT CASE WHEN NOT pg_is_in_recovery() OR " receive " = " replay \
  " THEN 0 ELSE greatest(0,"                                          \
  " extract(epoch FROM now() - pg_last_xact_replay_timestamp())) END AS replication_lag, "
// Of a snapshot: asking for the current id would use one up, and cannot be done on a standby.
#define TXID "txid_snapshot_xmax(txid_current_snapshot()) AS txid_current, "
#define SSL "(SELECT count(*) FROM pg_stat_ssl WHERE compression) AS stat_ssl_compression, "
#define WRITER                                                                                        \
  "buffers_clean AS stat_bgwriter_buffers_clean, maxwritten_clean AS stat_bgwriter_maxwritten_clean," \
  " buffers_alloc AS stat_bgwriter_buffers_alloc,"                                                    \
  " coalesce(extract(epoch FROM b.stats_reset), 0) AS stat_bgwriter_stats_reset, "
#define UNTIL_16                                                                                               \
  "checkpoints_timed AS stat_bgwriter_checkpoints_timed, checkpoints_req AS stat_bgwriter_checkpoints_req,"    \
  " checkpoint_write_time AS stat_bgwriter_checkpoint_write_time,"                                             \
  " checkpoint_sync_time AS stat_bgwriter_checkpoint_sync_time,"                                               \
  " buffers_checkpoint AS stat_bgwriter_buffers_checkpoint, buffers_backend AS stat_bgwriter_buffers_backend," \
  " buffers_backend_fsync AS stat_bgwriter_buffers_backend_fsync FROM pg_stat_bgwriter b"
#define SINCE_17                                                                                         \
  "num_timed AS stat_bgwriter_checkpoints_timed, num_requested AS stat_bgwriter_checkpoints_req,"        \
  " write_time AS stat_bgwriter_checkpoint_write_time, sync_time AS stat_bgwriter_checkpoint_sync_time," \
  " buffers_written AS stat_bgwriter_buffers_checkpoint FROM pg_stat_bgwriter b, pg_stat_checkpointer"
#define WAL_LAG LAG("pg_last_wal_receive_lsn()", "pg_last_wal_replay_lsn()")

std::string_view statement(int version) {
  if (version < 90500) {
    return {};
  }
  if (version < 100000) {
    return LAG("pg_last_xlog_receive_location()", "pg_last_xlog_replay_location()") TXID SSL WRITER UNTIL_16;
  }
  if (version < 140000) {
    return WAL_LAG TXID SSL WRITER UNTIL_16;
  }
  return version < 170000 ? WAL_LAG TXID WRITER UNTIL_16 : WAL_LAG TXID WRITER SINCE_17;
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "legacy_server",
    .summary = "replication, bgwriter and SSL metrics by the names of older releases; on with --postgres.legacy-names",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = "postgres.legacy-names",
};

}  // namespace exporter::postgres::legacy_server
