#include "collectors/host/ethtool_recorded.h"

#include <algorithm>
#include <cerrno>

#include "collectors/host/ethtool_modes.h"
#include "platform/text.h"

namespace exporter::host::ethtool {
namespace {

using platform::ethtool::LinkModes;

struct Port {
  std::string_view name;
  ModeBit bit;
};
constexpr Port kPorts[] = {{"TP", kTwistedPair}, {"AUI", kAui}, {"MII", kMii},
                           {"FIBRE", kFibre},    {"BNC", kBnc}, {"Backplane", kBackplane}};

void set_modes(LinkModes& modes, std::string_view words) {
  for (auto word = platform::word(words); !word.empty(); word = platform::word(words)) {
    const auto* const found = std::find(kModeNames.begin(), kModeNames.end(), word);
    if (found != kModeNames.end()) {
      modes.set(static_cast<std::size_t>(found - kModeNames.begin()));
    }
  }
}

// "No", "Symmetric", "Symmetric Receive-only", "Transmit-only": of the two bits the first, both, the second.
void set_pause(LinkModes& modes, std::string_view value) {
  modes[kPause] = value.starts_with("Symmetric");
  modes[kAsymmetricPause] = value.ends_with("Receive-only") || value == "Transmit-only";
}

void set_ports(LinkModes& modes, std::string_view words) {
  for (auto word = platform::word(words); !word.empty(); word = platform::word(words)) {
    for (const auto& [name, bit] : kPorts) {
      if (word == name) {
        modes.set(bit);
      }
    }
  }
}

}  // namespace

int Recorded::read(const char* device, const char* file) {
  const std::string path = std::string(device) + "/" + file;
  if (const int error = folder_.read(path.c_str(), buffer_)) {
    return error == ENOENT ? EOPNOTSUPP : error;
  }
  constexpr std::string_view kError = "ERROR:";
  const std::string_view text = buffer_.text();
  if (text.starts_with(kError)) {
    return platform::number<int>(platform::trim(text.substr(kError.size()))).value_or(EBADMSG);
  }
  return 0;
}

int Recorded::driver(const char* device, platform::ethtool::Driver& answer) {
  if (const int error = read(device, "driver")) {
    return error;
  }
  answer = {};
  std::string_view text = buffer_.text();
  while (!text.empty()) {
    std::string_view value = platform::take(text, '\n');
    const auto key = platform::take(value, ':');
    std::string* const field = key == "driver"                  ? &answer.name
                               : key == "version"               ? &answer.version
                               : key == "firmware-version"      ? &answer.firmware_version
                               : key == "expansion-rom-version" ? &answer.expansion_rom_version
                               : key == "bus-info"              ? &answer.bus
                                                                : nullptr;
    if (field != nullptr) {
      *field = platform::trim(value);
    }
  }
  return 0;
}

int Recorded::link(const char* device, platform::ethtool::Link& answer) {
  if (const int error = read(device, "settings")) {
    return error;
  }
  answer = {};
  LinkModes* continued = nullptr;  // link modes go on in lines without a key
  std::string_view text = buffer_.text();
  while (!text.empty()) {
    const auto line = platform::trim(platform::take(text, '\n'));
    std::string_view value = line;
    const auto key = platform::take(value, ':');
    value = platform::trim(value);
    if (key.size() == line.size() && continued != nullptr) {
      set_modes(*continued, line);
      continue;
    }
    continued = nullptr;
    const bool advertised = key.starts_with("Advertised");
    LinkModes& modes = advertised ? answer.advertised : answer.supported;
    if (key.ends_with(" link modes") && (advertised || key.starts_with("Supported"))) {
      continued = &modes;
      set_modes(modes, value);
    } else if (key == "Supported ports") {
      set_ports(modes, value);
    } else if (key == "Supported pause frame use" || key == "Advertised pause frame use") {
      set_pause(modes, value);
    } else if (key == "Supports auto-negotiation" || key == "Advertised auto-negotiation") {
      modes[kAutonegotiation] = value == "Yes";
    } else if (key == "Auto-negotiation") {
      answer.autonegotiation = value == "on";
    }
  }
  return 0;
}

// "     port.rx_dropped: 12028", and "     [0]: rx_bytes: 7" of drivers that name queues so.
int Recorded::count(const char* device, std::size_t& answer) {
  answer = 0;
  if (const int error = read(device, "statistics")) {
    return error;
  }
  names_.clear();
  values_.clear();
  std::string_view text = buffer_.text();
  while (!text.empty()) {
    const auto line = platform::take(text, '\n');
    const auto colon = line.rfind(':');
    const auto value = colon == std::string_view::npos
                           ? std::nullopt
                           : platform::number<std::uint64_t>(platform::trim(line.substr(colon + 1)));
    if (value) {
      names_.emplace_back(platform::trim(line.substr(0, colon)));
      values_.push_back(*value);
    }
  }
  answer = names_.size();
  return 0;
}

int Recorded::names(const char* /*device*/, std::size_t /*count*/, std::vector<std::string>& answer) {
  answer = names_;  // of the device that was counted last
  return 0;
}

int Recorded::values(const char* /*device*/, std::size_t /*count*/, std::span<const std::uint64_t>& answer) {
  answer = values_;
  return 0;
}

}  // namespace exporter::host::ethtool
