// Whose control group a path is, by the path alone: the forms that container runtimes, Kubernetes and systemd give
// their groups, with the cgroupfs and the systemd driver, for root and for ordinary users. Pure functions, nothing is
// read.
//
//   /docker/<id>  /system.slice/docker-<id>.scope  /kubepods/burstable/pod<uid>/<id>  /machine.slice/libpod-<id>.scope
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace platform {

// none: no container. unknown: a container, but the path does not say of which runtime.
enum class Runtime : std::uint8_t { none, unknown, docker, containerd, crio, podman, lxc, machine };
std::string_view to_text(Runtime runtime) noexcept;

// The views are parts of the path.
struct CgroupName {
  Runtime runtime = Runtime::none;
  // What the runtime calls the container: 64 letters and digits; the name for lxc; the unit for machine.
  std::string_view id;
  // Of the Kubernetes pod that the group is, or is a part of: as the API writes it. Empty outside of pods.
  std::string pod_uid;
  // The systemd unit that the group is; empty when it is none.
  std::string_view unit;
  // The user below whose slice it is; nothing outside of these.
  std::optional<std::uint32_t> user;
};

CgroupName cgroup_name(std::string_view path);

// "machine-qemu\x2d1\x2dweb.scope", "machine-web.scope" and "systemd-nspawn@web.service": the machine's name as it is
// registered ("qemu-1-web", "web"); empty for other units.
std::string machine_name(std::string_view unit);

// A unit's name with \xNN turned into the characters they stand for.
std::string unescape_unit(std::string_view unit);

}  // namespace platform
