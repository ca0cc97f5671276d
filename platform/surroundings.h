// Where this process stands towards the machine whose procfs, sysfs and root it was given: what gives away a container
// that sees itself instead of the machine. Sources below procfs: 1/comm, 1/mountinfo, self/mountinfo, self/status,
// self/ns/pid, 1/net/dev, self/net/dev (proc(5), namespaces(7), pid_namespaces(7)). Nothing here needs a privilege.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "platform/host.h"

namespace platform {

// What is mounted somewhere.
struct MountedAt {
  std::string device;  // major:minor
  std::string root;    // of the mount within its file system
  std::string type;
  // A mount made later at the other end shows up here: the mount is shared or a slave.
  bool propagates = false;

  bool same_place(const MountedAt& other) const noexcept { return device == other.device && root == other.root; }
};

struct Surroundings {
  bool procfs = false;  // what --path.procfs names is a procfs
  bool sysfs = false;
  // Nothing where the kernel did not say.
  std::optional<bool> first_pid_namespace;  // of this process: no container has made it one of its own
  unsigned pid_levels = 0;             // PID namespaces in which procfs shows this process: 2 is a look from outside
  std::string init_name;               // of process 1 of procfs
  std::optional<MountedAt> init_root;  // what that process has at /
  std::optional<MountedAt> own_root;
  std::optional<MountedAt> given_root;  // what this process has at Host::rootfs
  std::optional<bool> network_of_init;  // this process has the network devices that process 1 has
};

// Reads a dozen small files; for the start of the program.
Surroundings look_around(const Host& host);

// The last mount at `point` in the text of a mountinfo file.
std::optional<MountedAt> mounted_at(std::string_view mountinfo, std::string_view point);

}  // namespace platform
