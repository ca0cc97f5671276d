// The machine that is looked at. No collector contains a literal of /proc or /sys.
#pragma once
#include <memory>
#include <string>

#include "platform/changes.h"
#include "platform/dir.h"

namespace platform {

struct Host {
  std::string procfs = "/proc";
  std::string sysfs = "/sys";
  std::string rootfs = "/";
  std::string udev_data = "/run/udev/data";

  Dir proc;
  Dir sys;
  Dir root;
  Dir udev;  // may be invalid: many containers have none
  // What proc and sys follow; null before open(). Looked at once a scrape, see Changes::look().
  std::unique_ptr<Changes> changes;
  long tick = 100;   // USER_HZ: the unit of times in /proc, 100 on every architecture that matters
  long page = 4096;  // bytes

  // Opens the directories above. Returns an empty text, or one line saying which path cannot be read and which flag
  // names it.
  std::string open();
};

}  // namespace platform
