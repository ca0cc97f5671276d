// pg_stat_activity.xact_start: "2", "31.7" (PostgreSQL documentation, "pg_stat_activity")
//
// Every open transaction of a session that is not idle counts, however young.
#include "collectors/postgres/query.h"
#include "collectors/postgres/sql_text.h"

namespace exporter::postgres::long_running_transactions {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_long_running_transactions", "Open transactions of sessions that are not idle."},
    {MetricType::gauge, "pg_long_running_transactions_oldest_timestamp_seconds",
     "Age of the oldest of them in seconds; 0 when there is none."},
};

std::string_view statement(int /*version*/) {
  return "SELECT count(*) AS transactions,"
         " coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)"
         " AS transactions_oldest_timestamp_seconds FROM pg_stat_activity"
         " WHERE state IS DISTINCT FROM 'idle' AND query NOT LIKE 'autovacuum:%' AND xact_start IS NOT NULL"
         " AND " EXPORTER_NOT_OURS;
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_long_running_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "long_running_transactions",
    .summary = "open transactions and the age of the oldest",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::long_running_transactions
