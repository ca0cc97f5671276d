#include "platform/host.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace platform {

std::string Host::open() {
  struct Place {
    const std::string& path;
    Dir& dir;
    const char* flag;
  };
  for (const Place& place : {Place{procfs, proc, "--path.procfs"}, Place{sysfs, sys, "--path.sysfs"},
                             Place{rootfs, root, "--path.rootfs"}}) {
    errno = 0;
    place.dir = Dir(place.path);
    if (!place.dir.valid()) {
      return place.path + ": " + std::strerror(errno) +  // NOLINT(concurrency-mt-unsafe): before any thread
             " (a directory is needed; set it with " + place.flag + ")";
    }
  }
  udev = Dir(udev_data);
  changes = std::make_unique<Changes>(proc, sys);
  proc.follow(*changes, false);  // processes come and go unannounced
  sys.follow(*changes, true);
  page = ::sysconf(_SC_PAGESIZE);
  return {};
}

}  // namespace platform
