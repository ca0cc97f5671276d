// The metrics of the bcachefs collector, and how a word becomes a sample of one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collectors/host/human_size.h"
#include "exporter/metric.h"
#include "exporter/sink.h"
#include "platform/text.h"

namespace exporter::host::bcachefs {

enum Metric : std::size_t {
  info,
  btree_cache,
  compressed,
  uncompressed,
  errors,
  btree_writes,
  btree_write_size,
  device_info,
  bucket_size,
  buckets,
  durability,
  io_done,
  io_errors
};

inline constexpr auto kGauge = MetricType::gauge;
inline constexpr auto kCounter = MetricType::counter;

inline constexpr MetricDesc kMetrics[] = {
    {kGauge, "node_bcachefs_info", "A mounted file system; the value is 1.", {"uuid"}},
    {kGauge, "node_bcachefs_btree_cache_size_bytes", "Memory that holds nodes of the trees.", {"uuid"}},
    {kGauge, "node_bcachefs_compression_compressed_bytes", "Data as it is stored.", {"algorithm", "uuid"}},
    {kGauge, "node_bcachefs_compression_uncompressed_bytes", "The same data as it is read.", {"algorithm", "uuid"}},
    {kCounter, "node_bcachefs_errors_total", "Errors found in the file system.", {"error_type", "uuid"}},
    {kCounter, "node_bcachefs_btree_writes_total", "Writes of nodes of the trees.", {"type", "uuid"}},
    {kGauge, "node_bcachefs_btree_write_average_size_bytes", "Average size of such writes.", {"type", "uuid"}},
    {kGauge,
     "node_bcachefs_device_info",
     "Label and state of a device; the value is 1.",
     {"device", "label", "state", "uuid"}},
    {kGauge, "node_bcachefs_device_bucket_size_bytes", "Size of the device's buckets.", {"device", "uuid"}},
    {kGauge, "node_bcachefs_device_buckets", "Buckets of the device.", {"device", "uuid"}},
    {kGauge, "node_bcachefs_device_durability", "Copies that one on the device counts for.", {"device", "uuid"}},
    {kCounter,
     "node_bcachefs_device_io_done_bytes_total",
     "Bytes moved, by what they held.",
     {"data_type", "device", "operation", "uuid"}},
    {kCounter,
     "node_bcachefs_device_io_errors_total",
     "Errors since the file system was made.",
     {"device", "type", "uuid"}},
};

// Writes a value that may be rounded for people. `where` is the file, for the problem when it is none.
inline void add_size(Metric metric, std::string_view text, const LabelBlock& labels, std::string_view where,
                     Sink& sink) {
  if (const auto value = human_size(text)) {
    sink.add(kMetrics[metric], *value, labels);
  } else {
    sink.problem(Problem::parse, where);
  }
}

// As add_size(), of a value that is never rounded.
inline void add_count(Metric metric, std::string_view text, const LabelBlock& labels, std::string_view where,
                      Sink& sink) {
  if (const auto value = platform::number<std::uint64_t>(text)) {
    sink.add(kMetrics[metric], *value, labels);
  } else {
    sink.problem(Problem::parse, where);
  }
}

}  // namespace exporter::host::bcachefs
