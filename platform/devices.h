// The devices of a folder of sysfs, one sub-folder or link each: /sys/class/net, /sys/class/hwmon, /sys/fs/xfs.
// What is known of a device lives as long as the device; one that comes or goes is seen at the next walk.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "platform/dir.h"
#include "platform/dir_names.h"
#include "platform/row_cache.h"

namespace platform {

// T is what the caller keeps for each device. For one thread at a time.
template <class T>
class Devices {
 public:
  // `base` must outlive this; `path` is relative to it: {host.sys, "class/net"}.
  Devices(const Dir& base, std::string path) : base_(&base), path_(std::move(path)) {}

  // Walks the folder in the order of the names. `wanted(name)` decides which entries count; it is asked at every walk,
  // so it must be cheap. `make(name, Dir&&)` gives the T of a device that is new, or that was taken away and put back
  // under its name. `visit(name, T&)` is called for each; names end with a NUL. An entry that is not a folder, or
  // vanished meanwhile, is passed over. Returns 0 or an errno value: ENOENT when the folder does not exist. A walk in
  // which nothing changed does not allocate.
  template <class Wanted, class Make, class Visit>
  int each(Wanted&& wanted, Make&& make, Visit&& visit) {
    if (const int error = read()) {
      devices_.clear();
      return error;
    }
    devices_.start();
    for (const auto& [name, inode] : list_.entries()) {
      if (!wanted(name)) {
        continue;
      }
      Slot& slot = devices_.at(name, [] { return Slot{}; });
      if (!slot.device || slot.inode != inode) {
        slot.device.reset();
        slot.inode = inode;
        Dir folder;
        if (list_.folder().open_dir(name.data(), folder) == 0) {
          slot.device.emplace(make(name, std::move(folder)));
        }
      }
      if (slot.device) {
        visit(name, *slot.device);
      }
    }
    devices_.finish();
    return 0;
  }
  template <class Make, class Visit>
  int each(Make&& make, Visit&& visit) {
    return each([](std::string_view) { return true; }, std::forward<Make>(make), std::forward<Visit>(visit));
  }

  // True when the last walk, or none(), found the folder: the kernel has the class, if perhaps no device of it.
  bool known() const noexcept { return known_; }
  // True when the folder does not exist or has no entry that is `wanted`; a system call or two.
  template <class Wanted>
  bool none(Wanted&& wanted) {
    return read() != 0 || std::none_of(list_.entries().begin(), list_.entries().end(),
                                       [&](const auto& entry) { return wanted(entry.name); });
  }
  bool none() {
    return none([](std::string_view) { return true; });
  }

 private:
  int read() {
    const int error = list_.read_kept(*base_, path_.c_str());
    known_ = error == 0;
    return error;
  }

  struct Slot {
    std::uint64_t inode = 0;  // of the entry: a device that is made anew has another one
    std::optional<T> device;
  };

  const Dir* base_;
  std::string path_;
  DirNames list_;
  RowCache<Slot> devices_;
  bool known_ = false;
};

}  // namespace platform
