// pg_ls_archive_statusdir(): "000000010000000000000001.ready", 0, "2026-11-26 04:07:55+00" (PostgreSQL documentation,
// "Generic File Access Functions"; 12 and later)
//
// Needs pg_monitor.
#include "collectors/postgres/query.h"

namespace exporter::postgres::archive_status {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_archive_ready_files", "WAL files ready to be archived and not archived yet."},
    {MetricType::gauge, "pg_archive_ready_oldest_age_seconds",
     "Seconds since the first of them became ready; 0 when there is none."},
};

std::string_view statement(int version) {
  if (version < 120000) {
    return {};
  }
  return "SELECT count(*) AS ready_files, coalesce(extract(epoch FROM max(clock_timestamp() - modification)), 0)"
         " AS ready_oldest_age_seconds FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_archive_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "archive_status",
    .summary = "WAL files that wait for the archiver (PostgreSQL 12 and later); needs pg_monitor",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::archive_status
