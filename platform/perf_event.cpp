#include "platform/perf_event.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>

namespace platform {

int open_perf_event(const PerfEvent& event, int cpu, Fd& out) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = event.type;
  attributes.config = event.config;
  attributes.config1 = event.config1;
  attributes.config2 = event.config2;
  attributes.exclude_hv = 1;
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  const unsigned long flags = PERF_FLAG_FD_CLOEXEC | (event.cgroup >= 0 ? PERF_FLAG_PID_CGROUP : 0UL);
  out.reset(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, event.cgroup, cpu, -1, flags)));
  return out ? 0 : errno;
}

int read_perf_event(const Fd& file, PerfCount& out) {
  std::array<std::uint64_t, 3> words{};
  const ssize_t got = ::read(file.get(), words.data(), sizeof words);  // these files have no offset for pread
  if (got != static_cast<ssize_t>(sizeof words)) {
    return got < 0 ? errno : ENODATA;
  }
  out = {words[0], words[1], words[2]};
  return 0;
}

void PerfSum::add(const PerfCount& now) noexcept {
  if (now.running <= last_.running || now.value < last_.value) {
    return;  // it did not run: the time is made up for at the next reading
  }
  const std::uint64_t counted = now.value - last_.value;
  const std::uint64_t enabled = now.enabled - last_.enabled;
  const std::uint64_t running = now.running - last_.running;
  if (enabled <= running) {
    total_ += counted;
  } else {
    const double share = static_cast<double>(enabled) / static_cast<double>(running);
    total_ += static_cast<std::uint64_t>(std::round(static_cast<double>(counted) * share));
  }
  last_ = now;
}

}  // namespace platform
