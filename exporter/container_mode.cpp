#include "exporter/container_mode.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace exporter {
namespace {

using platform::Host;
using platform::Surroundings;

// A container that starts with one of these is run as a machine, and shown as one.
constexpr std::array<std::string_view, 6> kMachineInits{"systemd", "init",      "openrc-init",
                                                        "runit",   "s6-svscan", "dinit"};

void add(std::string& list, const std::string& text) { list.append(list.empty() ? "" : "; ").append(text); }

// What another option calls the folder of the machine's root.
std::string below(const Host& host, const char* name) { return (host.rootfs == "/" ? "/host" : host.rootfs) + name; }

// procfs shows the processes of this container only: whatever stands at 1/ there is not the machine's.
bool own_processes_only(const Surroundings& facts) {
  return facts.first_pid_namespace == false && facts.pid_levels == 1;
}

bool own_root_only(const Surroundings& facts) {
  return facts.init_root && facts.own_root && !facts.init_root->same_place(*facts.own_root);
}

void check_root(const Surroundings& facts, const Host& host, bool init_is_known, std::string& missing) {
  const std::string given = "--path.rootfs=" + host.rootfs;
  if (host.rootfs == "/") {
    add(missing,
        "file systems are looked up in the container: mount the root with -v /:/host:ro,rslave and give "
        "--path.rootfs=/host");
  } else if (!facts.given_root) {
    add(missing, "nothing is mounted at " + given + ": mount the root with -v /:" + host.rootfs + ":ro,rslave");
  } else if (init_is_known && facts.init_root && !facts.init_root->same_place(*facts.given_root)) {
    add(missing, given + " is not the root of the machine that --path.procfs=" + host.procfs +
                     " shows: mount it with -v /:" + host.rootfs + ":ro,rslave");
  } else if (!facts.given_root->propagates && !(init_is_known && facts.init_root && !facts.init_root->propagates)) {
    add(missing, given + " does not follow what is mounted later: mount it with the option rslave, as in -v /:" +
                     host.rootfs + ":ro,rslave");
  }
}

}  // namespace

std::string missing_in_container(const Surroundings& facts, const Host& host) {
  std::string missing;
  if (!facts.procfs) {
    add(missing, "no procfs at --path.procfs=" + host.procfs + ": mount it with -v /proc:" + host.procfs + ":ro");
  }
  if (!facts.sysfs) {
    add(missing, "no sysfs at --path.sysfs=" + host.sysfs + ": mount it with -v /sys:" + host.sysfs + ":ro");
  }
  const bool own_processes = own_processes_only(facts);
  const bool machine = std::find(kMachineInits.begin(), kMachineInits.end(), facts.init_name) != kMachineInits.end();
  if (own_processes && machine) {
    return missing;
  }
  if (own_processes) {
    add(missing, "processes and mounts are those of this container (process 1 is " +
                     (facts.init_name.empty() ? "hidden" : facts.init_name) +
                     "): run it with --pid host, or mount /proc and give --path.procfs=" + below(host, "/proc"));
  }
  if (own_processes || own_root_only(facts)) {
    check_root(facts, host, !own_processes, missing);
  }
  if (!own_processes && facts.network_of_init == false) {
    add(missing, "network devices are those of this container: run it with --network host");
  }
  return missing;
}

}  // namespace exporter
