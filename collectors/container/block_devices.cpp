// /sys/dev/block/254:0/uevent: "MAJOR=254\nMINOR=0\nDEVNAME=vda\nDEVTYPE=disk"
#include "collectors/container/block_devices.h"

#include "platform/text.h"

namespace exporter::container {

const BlockDevice* BlockDevices::find(std::string_view number, std::uint64_t generation) {
  auto found = devices_.find(number);
  if (found == devices_.end()) {
    std::string_view minor = number;
    const auto major = platform::take(minor, ':');
    if (devices_.size() >= kMax || !platform::number<std::uint32_t>(major) || !platform::number<std::uint32_t>(minor)) {
      return nullptr;
    }
    found = devices_.emplace(std::string(number), look_up(major, minor)).first;
  }
  found->second.seen = generation;
  return &found->second;
}

void BlockDevices::forget_unseen(std::uint64_t generation) {
  std::erase_if(devices_, [&](const auto& entry) { return entry.second.seen != generation; });
}

BlockDevice BlockDevices::look_up(std::string_view major, std::string_view minor) const {
  BlockDevice device{.path = {}, .major = std::string(major), .minor = std::string(minor)};
  const std::string place = "dev/block/" + device.major + ":" + device.minor;
  platform::ReadBuffer buffer;
  if (sys_.read((place + "/uevent").c_str(), buffer) == 0) {
    for (std::string_view text = buffer.text(); !text.empty();) {
      std::string_view line = platform::take(text, '\n');
      const auto key = platform::take(line, '=');
      if (key == "DEVNAME" && !line.empty()) {
        device.path = "/dev/" + std::string(line);
      } else if (key == "DEVTYPE") {
        device.partition = line == "partition";
      }
    }
  }
  if (device.path.empty()) {
    device.path = device.major + ":" + device.minor;
  }
  const std::string_view path = device.path;
  device.shown = filter_.keeps(path.starts_with("/dev/") ? path.substr(5) : path);
  return device;
}

}  // namespace exporter::container
