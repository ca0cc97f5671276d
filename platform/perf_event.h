// Events that the kernel or the hardware counts on one CPU (perf_event_open(2)).
#pragma once
#include <cstdint>
#include <functional>

#include "platform/dir.h"

namespace platform {

struct PerfEvent {
  std::uint32_t type = 0;  // PERF_TYPE_*
  std::uint64_t config = 0;
  std::uint64_t config1 = 0;
  std::uint64_t config2 = 0;
  int cgroup = -1;  // the directory of a control group: only what its tasks and those of the groups below it do
};

// Nanoseconds; a hardware event that shares a counter with others runs for only a part of the time.
struct PerfCount {
  std::uint64_t value = 0;
  std::uint64_t enabled = 0;
  std::uint64_t running = 0;
};

// Starts to count what happens on `cpu` in all processes, or in those of a control group. Returns 0 or an errno value:
// EACCES or EPERM without the permission, ENOENT, EOPNOTSUPP or EINVAL where this machine does not have the event,
// ENODEV for a CPU that is off.
int open_perf_event(const PerfEvent& event, int cpu, Fd& out);
// The count since it was opened. Returns 0 or an errno value.
int read_perf_event(const Fd& file, PerfCount& out);

// The two functions above. Collectors call them through this, so that tests can put events of their own in their place.
struct PerfKernel {
  std::function<int(const PerfEvent&, int cpu, Fd&)> open = open_perf_event;
  std::function<int(const Fd&, PerfCount&)> read = read_perf_event;
};

// Adds up one event's counts. What happened while the event did not run is estimated from the time in which it did;
// being added up interval by interval, the sum never steps back.
class PerfSum {
 public:
  void add(const PerfCount& now) noexcept;
  bool ran() const noexcept { return last_.running != 0; }  // false: nothing is known
  std::uint64_t total() const noexcept { return total_; }

 private:
  PerfCount last_;
  std::uint64_t total_ = 0;
};

}  // namespace platform
