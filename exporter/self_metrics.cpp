#include "exporter/self_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>

#include "exporter/selection.h"
#include "exporter/version.h"
#include "platform/text.h"

namespace exporter {
namespace {

enum Index : std::size_t {
  kBuild,
  kNodeBuild,
  kNodeDuration,
  kNodeSuccess,
  kPgDuration,
  kPgSuccess,
  kDuration,
  kSuccess,
  kProblems,
  kTarget,
  kCpu,
  kOpenFds,
  kMaxFds,
  kVirtual,
  kVirtualMax,
  kResident,
  kStart,
};

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "resource_exporter_build_info",
     "Constant 1; the labels say what is running.",
     {"version", "revision"}},
    {MetricType::gauge,
     "node_exporter_build_info",
     "Constant 1; resource_exporter under the name that dashboards of node_exporter count.",
     {"version", "revision"}},
    {MetricType::gauge,
     "node_scrape_collector_duration_seconds",
     "Time one collector took in this scrape.",
     {"collector"}},
    {MetricType::gauge,
     "node_scrape_collector_success",
     "Whether the collector found and read its source.",
     {"collector"}},
    {MetricType::gauge,
     "pg_scrape_collector_duration_seconds",
     "Time one PostgreSQL collector took in this scrape.",
     {"collector"}},
    {MetricType::gauge, "pg_scrape_collector_success", "Whether the PostgreSQL collector got its rows.", {"collector"}},
    {MetricType::gauge,
     "resource_exporter_collector_duration_seconds",
     "Time one container or Redis collector took in this scrape.",
     {"collector"}},
    {MetricType::gauge,
     "resource_exporter_collector_success",
     "Whether the container or Redis collector found and read its source.",
     {"collector"}},
    {MetricType::counter,
     "resource_exporter_collector_problems_total",
     "Samples or sources that were left out, by reason; only reasons that occurred.",
     {"collector", "kind"}},
    {MetricType::gauge,
     "resource_exporter_target_info",
     "1; the control group, and the container, that a monitored server of this machine runs in.",
     {"module", "target", "id", "container"}},
    {MetricType::counter, "process_cpu_seconds_total", "User and system CPU time of the exporter."},
    {MetricType::gauge, "process_open_fds", "Open file descriptors of the exporter."},
    {MetricType::gauge, "process_max_fds", "Most file descriptors the exporter may open."},
    {MetricType::gauge, "process_virtual_memory_bytes", "Virtual memory of the exporter."},
    {MetricType::gauge, "process_virtual_memory_max_bytes", "Most virtual memory the exporter may use."},
    {MetricType::gauge, "process_resident_memory_bytes", "Resident memory of the exporter."},
    {MetricType::gauge, "process_start_time_seconds", "Start of the exporter, in seconds since 1970."},
};

double now_seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Entries of /proc/<pid>/fd, without opening it anew and without allocating. Since Linux 6.2 the directory's size is
// their number, which spares the kernel making a name for each.
std::uint64_t count_entries(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) == 0 && status.st_size > 0) {
    return static_cast<std::uint64_t>(status.st_size);
  }
  alignas(dirent64) std::array<char, 8192> buffer;
  std::uint64_t entries = 0;
  if (::lseek(fd, 0, SEEK_SET) < 0) {
    return 0;
  }
  for (;;) {
    const ssize_t got = ::getdents64(fd, buffer.data(), buffer.size());
    if (got <= 0) {
      return entries < 2 ? 0 : entries - 2;  // without . and ..
    }
    for (ssize_t at = 0; at < got; ++entries) {
      at += reinterpret_cast<const dirent64*>(buffer.data() + at)->d_reclen;
    }
  }
}

}  // namespace

SelfMetrics::SelfMetrics(const platform::Host& host, Scope scope)
    : sink_(kMetrics),
      host_(host),
      scope_(scope),
      statm_(host.proc, "self/statm"),
      start_time_(now_seconds(CLOCK_REALTIME)) {
  if (scope_ == Scope::all) {
    fd_directory_.reset(::openat(host.proc.fd(), "self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
}

void SelfMetrics::add_process(platform::ReadBuffer& buffer) {
  sink_.add(kMetrics[kCpu], now_seconds(CLOCK_PROCESS_CPUTIME_ID));
  sink_.add(kMetrics[kStart], start_time_);
  if (fd_directory_) {
    sink_.add(kMetrics[kOpenFds], count_entries(fd_directory_.get()));
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    sink_.add(kMetrics[kMaxFds], limit.rlim_cur);
  }
  if (::getrlimit(RLIMIT_AS, &limit) == 0) {
    // Unlimited prints as 1.8446744073709552e+19: what the dashboards know.
    sink_.add(kMetrics[kVirtualMax], static_cast<double>(limit.rlim_cur));
  }
  if (statm_.read_once(buffer) == 0) {
    std::string_view text = buffer.text();
    const auto pages = platform::number<std::uint64_t>(platform::word(text));
    const auto resident = platform::number<std::uint64_t>(platform::word(text));
    if (pages && resident) {
      sink_.add(kMetrics[kVirtual], *pages * static_cast<std::uint64_t>(host_.page));
      sink_.add(kMetrics[kResident], *resident * static_cast<std::uint64_t>(host_.page));
    }
  }
}

void SelfMetrics::begin(platform::ReadBuffer& buffer, const Selection& selection) {
  sink_.clear();
  if (scope_ == Scope::collectors) {
    return;
  }
  sink_.add(kMetrics[kBuild], 1, {RESOURCE_EXPORTER_VERSION, RESOURCE_EXPORTER_REVISION});
  if (selection.has(Module::node)) {
    sink_.add(kMetrics[kNodeBuild], 1, {RESOURCE_EXPORTER_VERSION, RESOURCE_EXPORTER_REVISION});
  }
  if (scope_ == Scope::all) {
    add_process(buffer);
  }
}

void SelfMetrics::score(const CollectorSpec& spec, std::string_view target, bool success, double seconds) {
  std::size_t duration = kDuration;
  if (spec.module == Module::node) {
    duration = kNodeDuration;
  } else if (spec.module == Module::postgres) {
    duration = kPgDuration;
  }
  const Label labels[] = {{"collector", spec.name}, {"target", target}};
  const std::span<const Label> used(labels, target.empty() ? 1 : 2);
  sink_.add_part(kMetrics[duration], {}, seconds, used);
  sink_.add_part(kMetrics[duration + 1], {}, success, used);
}

void SelfMetrics::place(Module module, std::string_view target, std::string_view group, std::string_view container) {
  if (scope_ == Scope::collectors) {
    return;
  }
  const Label labels[] = {{"module", to_text(module)}, {"target", target}, {"id", group}, {"container", container}};
  sink_.add_part(kMetrics[kTarget], {}, 1, std::span(labels, container.empty() ? 3 : 4));
}

void SelfMetrics::count(std::string_view collector, Problem kind, std::uint64_t times) {
  totals_[collector][static_cast<std::size_t>(kind)] += times;
}

void SelfMetrics::end() {
  for (const auto& [collector, kinds] : totals_) {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      if (kinds[kind] != 0) {
        sink_.add(kMetrics[kProblems], kinds[kind], {collector, to_text(static_cast<Problem>(kind))});
      }
    }
  }
}

}  // namespace exporter
