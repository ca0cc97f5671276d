// pg_current_xlog_location(), on a standby pg_last_xlog_replay_location() (PostgreSQL 9.6 documentation, "System
// Administration Functions"): one row: "50331704"
//
// For servers before PostgreSQL 10; later ones are asked by replication_slots and stat_replication.
#include "collectors/postgres/query.h"

namespace exporter::postgres::xlog_location {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_xlog_location_bytes",
     "WAL position written, or replayed on a standby, in bytes modulo 2^52."},
};

std::string_view statement(int version) {
  if (version >= 100000) {
    return {};
  }
  return "SELECT pg_xlog_location_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_xlog_replay_location()"
         " ELSE pg_current_xlog_location() END, '0/0') % 4503599627370496 AS bytes";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_xlog_location_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "xlog_location",
    .summary = "WAL position before PostgreSQL 10",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::xlog_location
