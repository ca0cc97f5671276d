// pg_postmaster_start_time(): "1795231267.123" (PostgreSQL documentation, "Session Information Functions")
#include "collectors/postgres/query.h"

namespace exporter::postgres::postmaster {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_postmaster_start_time_seconds", "Unix time at which the server started."},
};

std::string_view statement(int /*version*/) {
  return "SELECT extract(epoch FROM pg_postmaster_start_time()) AS start_time_seconds";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_postmaster_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "postmaster",
    .summary = "start time of the server",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::postmaster
