// pg_stat_io: one row a kind of backend, object and context (PostgreSQL documentation, "pg_stat_io"; 16 and later):
//   "client backend", "relation", "normal", "37", "4", ...
//
// Rows of which nothing was ever counted, most of them, are left out; what cannot happen in a row is absent.
// PostgreSQL 18 counts bytes itself and has rows of the WAL.
#include "collectors/postgres/query.h"

namespace exporter::postgres::stat_io {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "pg_stat_io_reads_total", "Read operations.", {"backend_type", "object", "context"}},
    {MetricType::counter, "pg_stat_io_read_bytes_total", "Bytes read.", {"backend_type", "object", "context"}},
    {MetricType::counter,
     "pg_stat_io_read_time_seconds_total",
     "Seconds spent reading (track_io_timing).",
     {"backend_type", "object", "context"}},
    {MetricType::counter, "pg_stat_io_writes_total", "Write operations.", {"backend_type", "object", "context"}},
    {MetricType::counter, "pg_stat_io_write_bytes_total", "Bytes written.", {"backend_type", "object", "context"}},
    {MetricType::counter,
     "pg_stat_io_write_time_seconds_total",
     "Seconds spent writing (track_io_timing).",
     {"backend_type", "object", "context"}},
    {MetricType::counter,
     "pg_stat_io_writebacks_total",
     "Blocks that the kernel was asked to write out.",
     {"backend_type", "object", "context"}},
    {MetricType::counter,
     "pg_stat_io_writeback_time_seconds_total",
     "Seconds spent asking the kernel to write out (track_io_timing).",
     {"backend_type", "object", "context"}},
    {MetricType::counter,
     "pg_stat_io_extends_total",
     "Operations that made a relation longer.",
     {"backend_type", "object", "context"}},
    {MetricType::counter,
     "pg_stat_io_extend_bytes_total",
     "Bytes by which relations became longer.",
     {"backend_type", "object", "context"}},
    {MetricType::counter,
     "pg_stat_io_extend_time_seconds_total",
     "Seconds spent making relations longer (track_io_timing).",
     {"backend_type", "object", "context"}},
    {MetricType::counter,
     "pg_stat_io_hits_total",
     "Blocks found in shared buffers.",
     {"backend_type", "object", "context"}},
    {MetricType::counter,
     "pg_stat_io_evictions_total",
     "Blocks thrown out of a buffer to use it for another.",
     {"backend_type", "object", "context"}},
    {MetricType::counter,
     "pg_stat_io_reuses_total",
     "Buffers of a ring used again, outside of shared buffers.",
     {"backend_type", "object", "context"}},
    {MetricType::counter, "pg_stat_io_fsyncs_total", "fsync calls.", {"backend_type", "object", "context"}},
    {MetricType::counter,
     "pg_stat_io_fsync_time_seconds_total",
     "Seconds spent in fsync (track_io_timing).",
     {"backend_type", "object", "context"}},
};

#define COLUMNS                                                                                              \
  "SELECT backend_type, object, context, reads AS reads_total, read_time / 1000 AS read_time_seconds_total," \
  " writes AS writes_total, write_time / 1000 AS write_time_seconds_total, writebacks AS writebacks_total,"  \
  " writeback_time / 1000 AS writeback_time_seconds_total, extends AS extends_total,"                        \
  " extend_time / 1000 AS extend_time_seconds_total, hits AS hits_total, evictions AS evictions_total,"      \
  " reuses AS reuses_total, fsyncs AS fsyncs_total, fsync_time / 1000 AS fsync_time_seconds_total, "
#define ROWS                                                                                                   \
  " FROM pg_stat_io WHERE coalesce(reads, 0) + coalesce(writes, 0) + coalesce(extends, 0) + coalesce(hits, 0)" \
  " + coalesce(evictions, 0) + coalesce(reuses, 0) + coalesce(fsyncs, 0) > 0"

std::string_view statement(int version) {
  if (version < 160000) {
    return {};
  }
  if (version < 180000) {
    return COLUMNS
        "reads * op_bytes AS read_bytes_total, writes * op_bytes AS write_bytes_total,"
        " extends * op_bytes AS extend_bytes_total" ROWS;
  }
  return COLUMNS
      "read_bytes AS read_bytes_total, write_bytes AS write_bytes_total,"
      " extend_bytes AS extend_bytes_total" ROWS;
}

std::unique_ptr<Query> make(const Environment& /*environment*/) {
  return std::make_unique<View>("pg_stat_io_", kMetrics, statement);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat_io",
    .summary = "reads and writes by kind of backend, object and context (PostgreSQL 16 and later)",
    .module = Module::postgres,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::postgres::stat_io
