// What happens between two scrapes: histograms of the use of the CPUs, the run queue, pressure and the disks' queues,
// from /proc/stat (proc_stat(5)), /proc/pressure (Documentation/accounting/psi.rst) and /proc/diskstats
// (Documentation/admin-guide/iostats.rst). Without clock or thread: the collector burst has those.
//   cpu  10132153 290696 3084719 46828483 16683 0 25195 0 175628 0
//   procs_running 2
//   some avg10=0.18 avg60=0.34 avg300=0.10 total=159886802
//   8  0 sda 25354637 34367663 1003346126 18492372 28444756 11134226 505697032 63877960 3 9653880 82621804
#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "collectors/histogram.h"
#include "exporter/metric.h"
#include "exporter/sink.h"
#include "platform/dir.h"
#include "platform/host.h"
#include "platform/regex.h"
#include "platform/row_cache.h"

namespace exporter::host::burst {

inline constexpr MetricDesc kMetrics[] = {
    {MetricType::histogram, "resource_exporter_burst_cpu_utilization_ratio",
     "Share of all CPUs' time between two samples that was neither idle nor waiting for I/O."},
    {MetricType::histogram, "resource_exporter_burst_run_queue_tasks",
     "Threads that ran or were ready to run at a sample, the sampler left out."},
    {MetricType::histogram,
     "resource_exporter_burst_pressure_ratio",
     "Share of the time between two samples in which some or all (full) tasks waited for the resource.",
     {"resource", "kind"}},
    {MetricType::histogram,
     "resource_exporter_burst_disk_in_flight_requests",
     "Requests that a disk had not yet answered at a sample.",
     {"device"}},
    {MetricType::counter, "resource_exporter_burst_samples_total", "Samples taken for the histograms of this family."},
    {MetricType::counter, "resource_exporter_burst_skipped_samples_total",
     "Samples left out, because the sampler came late or to keep below its share of CPU time."},
    {MetricType::counter, "resource_exporter_burst_cpu_seconds_total", "CPU time that the sampler used itself."},
};

class Sampler {
 public:
  static constexpr std::size_t kMostDisks = 128;

  // `host` must outlive this. `disks` says which disks are looked at, by name.
  Sampler(const platform::Host& host, platform::Filter disks);

  // A sample is gather(), which reads the kernel's files, then publish(), which puts what was read into the histograms;
  // only publish() and write() need to exclude each other. `now` is any clock that never goes back. The first sample
  // is what the next one's shares of time are measured from. Allocates only when a disk appears.
  void gather(std::chrono::nanoseconds now);
  void publish();
  // Writes the histograms of what this machine has, and which files could not be read since the last time.
  void write(Sink& sink);

 private:
  struct Cpu {
    std::uint64_t busy;
    std::uint64_t all;
  };
  struct Pressure {
    Pressure() noexcept;
    Histogram histogram;
    bool exists = false;
    std::optional<double> ratio;  // of the sample under way
    std::optional<std::uint64_t> total;
    std::chrono::nanoseconds at{};
  };
  struct Disk {
    bool kept = false;
    std::optional<Histogram> histogram;
  };
  static constexpr std::size_t kPressures = 6;
  enum Source : std::size_t { kStat, kCpuPressure, kIoPressure, kMemoryPressure, kIrqPressure, kDiskstats, kSources };

  int read(Source source);
  void gather_cpu(std::string_view text);
  void gather_pressure(Source source, std::chrono::nanoseconds now);
  void publish_disks(std::string_view text);
  Disk make_disk(std::string_view name);

  const platform::Host& host_;
  platform::Filter filter_;
  std::vector<platform::KeptFile> files_;
  platform::ReadBuffer buffer_;
  std::array<int, kSources> new_errors_{};  // of the sample under way; 0 for none, EBADMSG for text not understood
  std::array<int, kSources> errors_{};      // since the last write()

  std::optional<Cpu> cpu_;
  std::optional<double> cpu_ratio_;
  std::optional<double> running_;
  bool disks_read_ = false;

  Histogram cpu_histogram_;
  Histogram run_queue_;
  bool has_cpu_ = false;
  std::array<Pressure, kPressures> pressures_;
  platform::RowCache<Disk> disks_;
  std::size_t disk_count_ = 0;
  std::size_t disks_over_limit_ = 0;
};

}  // namespace exporter::host::burst
