#include "platform/lxc_files.h"

#include <algorithm>
#include <string>

#include "platform/host.h"
#include "platform/text.h"

namespace platform {
namespace {

bool numeric(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

// "qemu-1-web" and "lxc-4711-web" are libvirt's; others are as they were registered.
std::string_view shown_name(std::string_view machine) {
  for (const std::string_view driver : {"qemu-", "lxc-"}) {
    if (!machine.starts_with(driver)) {
      continue;
    }
    std::string_view rest = machine.substr(driver.size());
    const auto counter = take(rest, '-');
    if (!counter.empty() && numeric(counter) && !rest.empty()) {
      return rest;
    }
  }
  return machine;
}

}  // namespace

LxcFiles::Result LxcFiles::read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) {
  if (facts.usable) {
    return Result::unchanged;
  }
  const std::string path = "var/lib/lxc/" + std::string(name.id) + "/config";
  FileStamp stamp;
  if (numeric(name.id) && !name.id.empty()) {
    stamp_of(host_.root, path.c_str(), stamp);
  }
  facts = ContainerFacts{};
  facts.name = name.id;
  facts.runtime = Runtime::lxc;
  facts.usable = true;
  facts.stamp = stamp;
  if (stamp.regular && stamp.size <= kMaxFile && host_.root.read(path.c_str(), buffer) == 0) {
    for (std::string_view text = buffer.text(); !text.empty();) {
      std::string_view line = take(text, '\n');
      if (trim(take(line, '=')) == "lxc.uts.name" && !trim(line).empty()) {
        facts.name = trim(line);
      }
    }
  }
  return Result::updated;
}

MachineFiles::Result MachineFiles::read(const CgroupName& name, ContainerFacts& facts, ReadBuffer& buffer) {
  if (facts.usable) {
    return Result::unchanged;
  }
  const std::string machine = machine_name(name.id);
  const std::string path = "run/systemd/machines/" + machine;
  FileStamp stamp;
  if (machine.find('/') == std::string::npos) {
    stamp_of(host_.root, path.c_str(), stamp);
  }
  facts = ContainerFacts{};
  facts.name = shown_name(machine);
  facts.runtime = Runtime::machine;
  facts.usable = true;
  facts.stamp = stamp;
  if (stamp.regular && stamp.size <= kMaxFile && host_.root.read(path.c_str(), buffer) == 0) {
    for (std::string_view text = buffer.text(); !text.empty();) {
      std::string_view line = take(text, '\n');
      if (take(line, '=') == "LEADER") {
        facts.pid = std::max<std::int64_t>(number<std::int32_t>(line).value_or(0), 0);
      }
    }
  }
  return Result::updated;
}

}  // namespace platform
