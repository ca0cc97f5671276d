// pg_stat_archiver: one row, "12", "0", "341.2" (PostgreSQL documentation, "pg_stat_archiver"; 9.4 and later)
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_archiver {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "pg_stat_archiver_archived_count", "WAL files archived.", {"server"}, Naming::legacy},
    {MetricType::counter,
     "pg_stat_archiver_failed_count",
     "Failed attempts to archive a WAL file.",
     {"server"},
     Naming::legacy},
    {MetricType::gauge,
     "pg_stat_archiver_last_archive_age",
     "Seconds since a WAL file was last archived; absent when none was.",
     {"server"}},
};

std::string_view statement(int version) {
  if (version < 90400) {
    return {};
  }
  return "SELECT archived_count, failed_count, extract(epoch FROM now() - last_archived_time) AS last_archive_age"
         " FROM pg_stat_archiver";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_archiver_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_archiver",
    .summary = "WAL archiving",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_archiver
