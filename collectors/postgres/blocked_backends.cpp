// pg_locks that are not granted, with the session's database (PostgreSQL documentation, "pg_locks"):
//   "app", "transactionid", "3", "12.5"
//
// Waiting for a row's lock shows as transactionid or tuple. Who holds it is not looked up: pg_blocking_pids() would
// stop the lock manager for each waiting session.
#include "collectors/postgres/query.h"

namespace exporter::postgres::blocked_backends {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "pg_blocked_backends_count",
     "Sessions that wait for a lock another one holds.",
     {"datname", "locktype"}},
    {MetricType::gauge,
     "pg_blocked_backends_longest_wait_seconds",
     "Seconds the one that waits longest has waited (PostgreSQL 14 and later).",
     {"datname", "locktype"}},
};

#define COUNT "SELECT a.datname, l.locktype, count(DISTINCT l.pid) AS count"
#define WAITING                                                                                             \
  " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE NOT l.granted AND a.datname IS NOT NULL" \
  " GROUP BY 1, 2"

std::string_view statement(int version) {
  if (version < 90200) {
    return {};
  }
  if (version < 140000) {
    return COUNT WAITING;
  }
  return COUNT
      ", greatest(0, extract(epoch FROM max(clock_timestamp() - l.waitstart))) AS longest_wait_seconds" WAITING;
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_blocked_backends_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "blocked_backends",
    .summary = "sessions that wait for a lock",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::blocked_backends
