// The families of diskio, in the order that its tables of fields count them by.
#pragma once
#include "exporter/metric.h"

namespace exporter::container::diskio {

inline constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "container_fs_reads_bytes_total", "Bytes read.", {"device"}},
    {MetricType::counter, "container_fs_writes_bytes_total", "Bytes written.", {"device"}},
    {MetricType::counter, "container_fs_reads_total", "Reads completed.", {"device"}},
    {MetricType::counter, "container_fs_writes_total", "Writes completed.", {"device"}},
    {MetricType::counter, "container_fs_reads_merged_total", "Reads merged.", {"device"}},
    {MetricType::counter, "container_fs_writes_merged_total", "Writes merged.", {"device"}},
    {MetricType::counter, "container_fs_sector_reads_total", "Sectors of 512 bytes read.", {"device"}},
    {MetricType::counter, "container_fs_sector_writes_total", "Sectors of 512 bytes written.", {"device"}},
    {MetricType::counter, "container_fs_read_seconds_total", "Time spent reading.", {"device"}},
    {MetricType::counter, "container_fs_write_seconds_total", "Time spent writing.", {"device"}},
    {MetricType::gauge, "container_fs_io_current", "Reads and writes in progress.", {"device"}},
    {MetricType::counter, "container_fs_io_time_seconds_total", "Time spent on reads and writes.", {"device"}},
    {MetricType::counter, "container_fs_io_time_weighted_seconds_total", "Time, times reads and writes.", {"device"}},
    {MetricType::counter, "container_fs_io_cost_usage_seconds_total", "I/O cost: device time used.", {"device"}},
    {MetricType::counter, "container_fs_io_cost_wait_seconds_total", "I/O cost: time waited.", {"device"}},
    {MetricType::counter, "container_fs_io_cost_indebt_seconds_total", "I/O cost: time in debt.", {"device"}},
    {MetricType::counter, "container_fs_io_cost_indelay_seconds_total", "I/O cost: time delayed.", {"device"}},
    {MetricType::counter,
     "container_blkio_device_usage_total",
     "Bytes by device and operation.",
     {"device", "major", "minor", "operation"}},
};
inline constexpr const MetricDesc& kDeviceUsage = kMetrics[17];

}  // namespace exporter::container::diskio
