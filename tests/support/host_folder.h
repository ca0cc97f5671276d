// A machine in a temporary folder, written by a test of the platform room: proc, sys and root below it.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "platform/cgroup_name.h"
#include "platform/host.h"
#include "tests/support/fixture.h"

namespace tests {

class HostFolder {
 public:
  HostFolder() : copy_(std::filesystem::path(FIXTURES) / "host/loadavg") {
    for (const char* const name : {"proc", "sys", "root"}) {
      std::filesystem::create_directories(path(name));
    }
    host_.procfs = path("proc");
    host_.sysfs = path("sys");
    host_.rootfs = path("root");
    host_.open();
  }
  const platform::Host& host() const { return host_; }
  std::filesystem::path path(const std::string& below) const { return copy_.path() / below; }
  // As daemons write: a new file under the old name.
  void write(const std::string& below, std::string_view text) const {
    std::filesystem::create_directories(path(below).parent_path());
    write_text(path(below + ".new"), text);
    std::filesystem::rename(path(below + ".new"), path(below));
  }
  // A process as in proc_pid_stat(5); the numbers do not matter.
  void start_process(int pid, const std::string& command) const {
    write("proc/" + std::to_string(pid) + "/stat",
          std::to_string(pid) + " (" + command +
              ") S 1 1 1 0 -1 4194560 1 0 0 0 3 9 0 0 20 0 1 0 29014 1096 25 18446744073709551615");
  }
  void link(const std::string& below, const std::string& target) const {
    std::filesystem::create_directories(path(below).parent_path());
    std::filesystem::create_symlink(target, path(below));
  }

 private:
  FixtureCopy copy_;
  platform::Host host_;
};

// What a runtime's source is asked about.
inline platform::CgroupName container_named(std::string_view id, platform::Runtime runtime) {
  platform::CgroupName name;
  name.runtime = runtime;
  name.id = id;
  return name;
}

}  // namespace tests
