// pg_ls_waldir(): "000000010000000000000001", 16777216 (PostgreSQL documentation, "Generic File Access Functions")
//
// Segments have names of 24 hex digits; backup and history files are not counted. Needs pg_monitor.
#include "collectors/postgres/query.h"

namespace exporter::postgres::wal {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_wal_segments", "WAL segment files in pg_wal."},
    {MetricType::gauge, "pg_wal_size_bytes", "Size of the WAL segment files in pg_wal."},
};

std::string_view statement(int version) {
  if (version < 100000) {
    return {};
  }
  return "SELECT count(*) AS segments, sum(size) AS size_bytes FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_wal_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "wal",
    .summary = "number and size of WAL segments",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::wal
