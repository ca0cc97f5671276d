#include "platform/surroundings.h"

#include <algorithm>
#include <vector>

#include "platform/text.h"

namespace platform {
namespace {

// The inode number that the kernel gives the first PID namespace (PROC_PID_INIT_INO in include/linux/proc_ns.h).
constexpr std::string_view kFirstPidNamespace = "pid:[4026531836]";

// Empty when it cannot be read.
std::string text_of(const Dir& dir, const char* name) {
  ReadBuffer buffer;
  return dir.read(name, buffer) == 0 ? std::string(trim(buffer.text())) : std::string();
}

// "NSpid:  4711  1": how often the process has a number.
unsigned pid_levels(std::string_view status) {
  while (!status.empty()) {
    std::string_view line = take(status, '\n');
    if (word(line) == "NSpid:") {
      unsigned count = 0;
      while (!word(line).empty()) {
        ++count;
      }
      return count;
    }
  }
  return 0;
}

// The names in a net/dev file, sorted.
std::vector<std::string_view> devices(std::string_view text) {
  std::vector<std::string_view> names;
  take(text, '\n');
  take(text, '\n');
  while (!text.empty()) {
    const std::string_view line = take(text, '\n');
    names.push_back(trim(line.substr(0, line.rfind(':'))));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::optional<MountedAt> mounted_at(std::string_view mountinfo, std::string_view point) {
  while (point.size() > 1 && point.ends_with('/')) {
    point.remove_suffix(1);
  }
  std::optional<MountedAt> result;
  while (!mountinfo.empty()) {
    std::string_view line = take(mountinfo, '\n');
    take(line, ' ');  // the mount's number
    take(line, ' ');  // its parent's
    MountedAt mount;
    mount.device = take(line, ' ');
    mount.root = take(line, ' ');
    if (take(line, ' ') != point) {
      continue;
    }
    take(line, ' ');  // options
    auto field = take(line, ' ');
    for (; field != "-" && !line.empty(); field = take(line, ' ')) {
      mount.propagates = mount.propagates || field.starts_with("shared:") || field.starts_with("master:");
    }
    mount.type = take(line, ' ');
    if (field == "-" && !mount.type.empty()) {
      result = std::move(mount);
    }
  }
  return result;
}

Surroundings look_around(const Host& host) {
  Surroundings result;
  result.procfs = host.proc.exists("stat");
  result.sysfs = host.sys.exists("class");
  std::string link;
  if (host.proc.link("self/ns/pid", link) == 0) {
    result.first_pid_namespace = link == kFirstPidNamespace;
  }
  result.pid_levels = pid_levels(text_of(host.proc, "self/status"));
  result.init_name = text_of(host.proc, "1/comm");
  result.init_root = mounted_at(text_of(host.proc, "1/mountinfo"), "/");
  const std::string own = text_of(host.proc, "self/mountinfo");
  result.own_root = mounted_at(own, "/");
  result.given_root = mounted_at(own, host.rootfs);
  const std::string of_init = text_of(host.proc, "1/net/dev");
  const std::string of_self = text_of(host.proc, "self/net/dev");
  if (!of_init.empty() && !of_self.empty()) {
    result.network_of_init = devices(of_init) == devices(of_self);
  }
  return result;
}

}  // namespace platform
