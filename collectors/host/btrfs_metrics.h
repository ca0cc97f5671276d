// The metrics of the btrfs collector.
#pragma once
#include <cstddef>

#include "exporter/metric.h"

namespace exporter::host::btrfs {

enum Metric : std::size_t {
  info,
  global_rsv,
  commits,
  last_commit,
  max_commit,
  commit_seconds,
  reserved,
  used,
  size,
  ratio,
  device_size,
  device_unused,
  device_errors
};

inline constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_btrfs_info", "The file system's label; the value is 1.", {"label", "uuid"}},
    {MetricType::gauge, "node_btrfs_global_rsv_size_bytes", "Size of the global reserve.", {"uuid"}},
    {MetricType::counter, "node_btrfs_commits_total", "Commits since the file system was mounted.", {"uuid"}},
    {MetricType::gauge, "node_btrfs_last_commit_seconds", "Time the last commit took.", {"uuid"}},
    {MetricType::gauge, "node_btrfs_max_commit_seconds", "Time the slowest commit took.", {"uuid"}},
    {MetricType::counter, "node_btrfs_commit_seconds_total", "Time all commits took.", {"uuid"}},
    {MetricType::gauge,
     "node_btrfs_reserved_bytes",
     "Space promised to writes that are not finished.",
     {"block_group_type", "uuid"}},
    {MetricType::gauge,
     "node_btrfs_used_bytes",
     "Space in use, by what it holds and how it is spread.",
     {"block_group_type", "mode", "uuid"}},
    {MetricType::gauge,
     "node_btrfs_size_bytes",
     "Space set aside, by what it holds and how it is spread.",
     {"block_group_type", "mode", "uuid"}},
    {MetricType::gauge,
     "node_btrfs_allocation_ratio",
     "Bytes on the devices for each byte stored.",
     {"block_group_type", "mode", "uuid"}},
    {MetricType::gauge, "node_btrfs_device_size_bytes", "Size of a device of the file system.", {"device", "uuid"}},
    {MetricType::gauge,
     "node_btrfs_device_unused_bytes",
     "Space of a device that is not set aside for anything.",
     {"btrfs_dev_uuid", "device", "uuid"}},
    {MetricType::counter,
     "node_btrfs_device_errors_total",
     "Errors of a device since its statistics were reset.",
     {"btrfs_dev_uuid", "device", "type", "uuid"}},
};

}  // namespace exporter::host::btrfs
