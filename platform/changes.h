// Whether anything came to this machine or went since the last look: a device, a driver, a module, a mount. While
// nothing did, what was absent still is and a folder of sysfs lists the same devices, so that nobody need look again.
//
// Source: the kernel's uevents (netlink(7), NETLINK_KOBJECT_UEVENT), which it sends for every device and module, and
// the poll(2) event of the mount table (proc_pid_mounts(5)). Neither needs a capability.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>

#include "platform/dir.h"

namespace platform {

class Changes {
 public:
  using Clock = std::chrono::steady_clock;
  // What comes without an event (a switch in sysfs, a file of a driver's own) is found after this time at the latest.
  static constexpr std::chrono::seconds kLongest{60};

  // Listens where `proc` and `sys` are the kernel's own and it sends us its events: not in a user namespace.
  Changes(const Dir& proc, const Dir& sys);
  // Listens to given descriptors; for tests. Either may be none.
  Changes(Fd events, Fd mounts) noexcept : events_(std::move(events)), mounts_(std::move(mounts)) {}

  // Takes what the kernel has said since the last call; once at the begin of a scrape. Two system calls, no waiting.
  // One thread at a time.
  void look(Clock::time_point now) noexcept;
  // Stays the same while nothing changes. 0: nobody can know, look each time. Any thread.
  std::uint64_t number() const noexcept { return number_.load(std::memory_order_acquire); }

 private:
  bool events_came() noexcept;
  bool mounts_changed() noexcept;

  Fd events_;
  Fd mounts_;
  std::atomic<std::uint64_t> number_{0};
  bool again_ = true;  // a module tells of itself before it has made its files: the look after an event counts, too
  Clock::time_point counted_{};
};

}  // namespace platform
