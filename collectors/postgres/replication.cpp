// Replay state of a standby: pg_is_in_recovery(), pg_last_wal_receive_lsn(), pg_last_xact_replay_timestamp()
// (PostgreSQL documentation, "Recovery Information Functions"): "0", "0", "0" on a primary.
//
// A standby that has replayed all it received has no lag, however old its last transaction is. That also holds while
// the link is cut: watch last_replay beside it.
#include "collectors/postgres/query.h"

namespace exporter::postgres::replication {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_replication_lag_seconds",
     "Age of the last replayed transaction on a standby that has received more than it replayed, else 0."},
    {MetricType::gauge, "pg_replication_is_replica", "1 while the server is a standby (in recovery), else 0."},
    {MetricType::gauge, "pg_replication_last_replay_seconds", "Age of the last replayed transaction; 0 when none was."},
};

std::string_view statement(int version) {
  if (version < 100000) {
    return "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0"
           " WHEN pg_last_xlog_receive_location() = pg_last_xlog_replay_location() THEN 0"
           " ELSE greatest(0, extract(epoch FROM now() - pg_last_xact_replay_timestamp())) END AS lag_seconds,"
           " pg_is_in_recovery()::int AS is_replica,"
           " greatest(0, extract(epoch FROM now() - pg_last_xact_replay_timestamp())) AS last_replay_seconds";
  }
  return "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0"
         " WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0"
         " ELSE greatest(0, extract(epoch FROM now() - pg_last_xact_replay_timestamp())) END AS lag_seconds,"
         " pg_is_in_recovery()::int AS is_replica,"
         " greatest(0, extract(epoch FROM now() - pg_last_xact_replay_timestamp())) AS last_replay_seconds";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_replication_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "replication",
    .summary = "role and replay lag of a standby",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::replication
