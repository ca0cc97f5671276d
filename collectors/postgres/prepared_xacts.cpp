// pg_prepared_xacts: one row a prepared transaction, of all databases (PostgreSQL documentation, "pg_prepared_xacts"):
//   "2", "3601.5"
#include "collectors/postgres/query.h"

namespace exporter::postgres::prepared_xacts {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_prepared_xacts_count", "Transactions prepared for two-phase commit and not ended."},
    {MetricType::gauge, "pg_prepared_xacts_oldest_age_seconds",
     "Seconds since the oldest of them was prepared; 0 when there is none."},
};

std::string_view statement(int /*version*/) {
  return "SELECT count(*) AS count, coalesce(extract(epoch FROM max(clock_timestamp() - prepared)), 0)"
         " AS oldest_age_seconds FROM pg_prepared_xacts";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_prepared_xacts_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "prepared_xacts",
    .summary = "prepared transactions",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::prepared_xacts
