// pg_buffercache_summary(): one row (PostgreSQL documentation, "pg_buffercache"): "9024", "7360", "31", "2", "3.5"
//
// Numbers of buffers, not bytes. The server reads the header of every buffer, without locks. Without the extension
// there is nothing to show.
#include "collectors/postgres/query.h"

namespace exporter::postgres::buffercache_summary {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "pg_buffercache_summary_buffers_used", "Shared buffers in use."},
    {MetricType::gauge, "pg_buffercache_summary_buffers_unused", "Shared buffers not in use."},
    {MetricType::gauge, "pg_buffercache_summary_buffers_dirty", "Shared buffers to be written."},
    {MetricType::gauge, "pg_buffercache_summary_buffers_pinned", "Shared buffers pinned."},
    {MetricType::gauge, "pg_buffercache_summary_usagecount_avg",
     "Mean usage count of the shared buffers in use; 0 when none is."},
};

// The function belongs to an extension, which may be missing or in any schema: the inner statement is made of what the
// catalogue says.
std::string_view statement(int version) {
  if (version < 160000) {
    return {};
  }
  return "SELECT s.* FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace JOIN pg_proc p"
         " ON p.pronamespace = n.oid AND p.proname = 'pg_buffercache_summary' AND p.pronargs = 0,"
         " LATERAL query_to_xml(format('SELECT coalesce(buffers_used, 0) AS buffers_used,"
         " coalesce(buffers_unused, 0) AS buffers_unused, coalesce(buffers_dirty, 0) AS buffers_dirty,"
         " coalesce(buffers_pinned, 0) AS buffers_pinned, coalesce(usagecount_avg, 0) AS usagecount_avg"
         " FROM %I.pg_buffercache_summary()', n.nspname), false, false, '') AS x(doc),"
         " LATERAL xmltable('/table/row' PASSING x.doc COLUMNS buffers_used text, buffers_unused text,"
         " buffers_dirty text, buffers_pinned text, usagecount_avg text) s WHERE e.extname = 'pg_buffercache'";
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_buffercache_summary_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "buffercache_summary",
    .summary = "how full the buffer cache is (PostgreSQL 16 and later); needs the extension pg_buffercache",
    .module = Module::postgres,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::buffercache_summary
