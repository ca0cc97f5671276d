#include "platform/cgroup_name.h"

#include <algorithm>
#include <array>

#include "platform/text.h"

namespace platform {
namespace {

constexpr std::size_t kIdLength = 64;
constexpr std::size_t kPlainUid = 32;
constexpr std::size_t kDashedUid = 36;

bool id_character(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }

std::string_view last_part(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

std::string_view parent_part(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : last_part(path.substr(0, slash));
}

// Where the 64 letters and digits begin; npos when there are none.
std::size_t find_id(std::string_view name) noexcept {
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i == name.size() || !id_character(name[i])) {
      if (i - begin == kIdLength) {
        return begin;
      }
      begin = i + 1;
    }
  }
  return std::string_view::npos;
}

// By what stands in front of the id. A cgroupfs driver that is given a systemd path writes ':' for '-'.
Runtime runtime_of(std::string_view prefix) noexcept {
  struct Form {
    std::string_view word;
    Runtime runtime;
  };
  static constexpr std::array<Form, 8> kForms{{{"conmon", Runtime::none},
                                               {"libpod_pod_", Runtime::none},
                                               {"docker", Runtime::docker},
                                               {"libpod", Runtime::podman},
                                               {"libpod-payload", Runtime::podman},
                                               {"cri-containerd", Runtime::containerd},
                                               {"nerdctl", Runtime::containerd},
                                               {"crio", Runtime::crio}}};
  if (prefix.ends_with('-') || prefix.ends_with(':')) {
    prefix.remove_suffix(1);
  }
  for (const auto& [word, runtime] : kForms) {
    if (prefix.ends_with(word)) {
      return runtime;
    }
  }
  return Runtime::unknown;
}

// "pod<uid>" and "...-pod<uid, '_' for '-'>.slice".
std::string uid_of(std::string_view part) {
  if (part.ends_with(".slice")) {
    part.remove_suffix(6);
  }
  const auto at = part.rfind("pod");
  if (at == std::string_view::npos || (at != 0 && part[at - 1] != '-')) {
    return {};
  }
  std::string uid(part.substr(at + 3));
  std::replace(uid.begin(), uid.end(), '_', '-');
  const bool sound = (uid.size() == kPlainUid || uid.size() == kDashedUid) &&
                     uid.find_first_not_of("0123456789abcdef-") == std::string::npos;
  return sound ? uid : std::string();
}

bool unit_name(std::string_view part) noexcept {
  return part.ends_with(".service") || part.ends_with(".scope") || part.ends_with(".slice") ||
         part.ends_with(".socket") || part.ends_with(".swap");
}

void find_lxc(std::string_view path, CgroupName& name) noexcept {
  constexpr std::string_view kPayload = "lxc.payload.";
  const auto last = last_part(path);
  const bool old = path.starts_with("/lxc/") && parent_part(path) == "lxc";  // before LXC 4, and Proxmox
  if (last.starts_with(kPayload) && last.size() > kPayload.size()) {
    name.runtime = Runtime::lxc;
    name.id = last.substr(kPayload.size());
  } else if (old && !last.empty()) {
    name.runtime = Runtime::lxc;
    name.id = last;
  }
}

void find_machine(std::string_view path, CgroupName& name) {
  const auto last = last_part(path);
  const auto parent = parent_part(path);
  if ((parent == "machine.slice" || parent == "machine") && !machine_name(last).empty()) {
    name.runtime = Runtime::machine;
    name.id = last;
  }
}

int hex_digit(char c) noexcept { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

}  // namespace

std::string_view to_text(Runtime runtime) noexcept {
  static constexpr std::array<std::string_view, 8> kTexts{"",     "unknown", "docker", "containerd",
                                                          "crio", "podman",  "lxc",    "machine"};
  return kTexts[static_cast<std::size_t>(runtime)];
}

CgroupName cgroup_name(std::string_view path) {
  CgroupName name;
  const auto last = last_part(path);
  if (last.ends_with(".mount")) {
    return name;
  }
  name.unit = unit_name(last) ? last : std::string_view{};
  for (std::string_view rest = path; !rest.empty();) {
    const auto part = take(rest, '/');
    if (auto uid = uid_of(part); !uid.empty()) {
      name.pod_uid = std::move(uid);
    }
    if (part.starts_with("user-") && part.ends_with(".slice")) {
      name.user = number<std::uint32_t>(part.substr(5, part.size() - 11));
    }
  }
  // A slice with 64 letters is a pod of Podman.
  if (const auto at = find_id(last); at != std::string_view::npos && !last.ends_with(".slice")) {
    name.runtime = runtime_of(last.substr(0, at));
    if (name.runtime == Runtime::unknown && parent_part(path) == "docker") {
      name.runtime = Runtime::docker;
    }
    name.id = name.runtime == Runtime::none ? std::string_view{} : last.substr(at, kIdLength);
    return name;
  }
  find_lxc(path, name);
  if (name.runtime == Runtime::none) {
    find_machine(path, name);
  }
  return name;
}

std::string unescape_unit(std::string_view unit) {
  std::string result;
  for (std::size_t i = 0; i < unit.size(); ++i) {
    if (unit[i] == '\\' && i + 3 < unit.size() && unit[i + 1] == 'x' && hex_digit(unit[i + 2]) >= 0 &&
        hex_digit(unit[i + 3]) >= 0) {
      result += static_cast<char>(hex_digit(unit[i + 2]) * 16 + hex_digit(unit[i + 3]));
      i += 3;
    } else {
      result += unit[i];
    }
  }
  return result;
}

std::string machine_name(std::string_view unit) {
  struct Form {
    std::string_view begin;
    std::string_view end;
  };
  // The last one is libvirt's without systemd: "qemu-1-web.libvirt-qemu".
  static constexpr std::array<Form, 4> kForms{
      {{"machine-", ".scope"}, {"systemd-nspawn@", ".service"}, {"", ".libvirt-qemu"}, {"", ".libvirt-lxc"}}};
  for (const auto& [begin, end] : kForms) {
    if (unit.starts_with(begin) && unit.ends_with(end) && unit.size() > begin.size() + end.size()) {
      return unescape_unit(unit.substr(begin.size(), unit.size() - begin.size() - end.size()));
    }
  }
  return {};
}

}  // namespace platform
