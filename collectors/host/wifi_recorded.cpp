#include "collectors/host/wifi_recorded.h"

#include <cerrno>
#include <string_view>

#include "platform/text.h"

namespace exporter::host::wifi {
namespace {

using platform::JsonRecord;
using platform::nl80211::MacAddress;
using platform::nl80211::Part;

constexpr double kNano = 1e9;

std::string_view text(const JsonRecord& record, std::string_view name) {
  const auto found = record.find(name);
  return found == record.end() ? std::string_view{} : std::string_view(found->second);
}

template <class T>
T number(const JsonRecord& record, std::string_view name) {
  return platform::number<T>(text(record, name)).value_or(T{});
}

// Six octets in base64 (RFC 4648): eight letters without padding.
std::optional<MacAddress> mac_address(std::string_view letters) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t kLetters = 8;
  constexpr unsigned kBits = 6;
  constexpr unsigned kOctet = 8;
  if (letters.size() != kLetters) {
    return std::nullopt;
  }
  std::uint64_t bits = 0;
  for (const char letter : letters) {
    const auto place = kAlphabet.find(letter);
    if (place == std::string_view::npos) {
      return std::nullopt;
    }
    bits = bits << kBits | place;
  }
  MacAddress address{};
  for (auto octet = address.rbegin(); octet != address.rend(); ++octet, bits >>= kOctet) {
    *octet = static_cast<std::uint8_t>(bits & UINT8_MAX);
  }
  return address;
}

// The numbers of the files, which are not the kernel's.
Part part_of(unsigned status) {
  constexpr unsigned kAssociated = 1;
  constexpr unsigned kAdHoc = 3;
  return status <= kAssociated ? Part::client : status == kAdHoc ? Part::ad_hoc : Part::unknown;
}

}  // namespace

int Recorded::read(const std::string& file, std::vector<JsonRecord>& records) {
  if (const int error = folder_.read(file.c_str(), buffer_)) {
    return error;
  }
  std::string list(platform::trim(buffer_.text()));
  if (list.starts_with('{')) {  // one object is a list of one
    list = "[" + list + "]";
  }
  auto found = platform::read_json_records(list);
  if (!found) {
    return EBADMSG;
  }
  records = std::move(*found);
  return 0;
}

int Recorded::interfaces(std::vector<platform::nl80211::Interface>& answer) {
  std::vector<JsonRecord> records;
  const int error = read("interfaces.json", records);
  answer.clear();
  for (const auto& record : records) {
    answer.push_back({.name = std::string(text(record, "name")),
                      .index = number<int>(record, "index"),
                      .type = number<std::uint32_t>(record, "type"),
                      .megahertz = number<std::uint32_t>(record, "frequency")});
  }
  return error;
}

int Recorded::network(const platform::nl80211::Interface& interface, platform::nl80211::Network& answer) {
  std::vector<JsonRecord> records;
  if (const int error = read(interface.name + "/bss.json", records)) {
    return error;
  }
  const auto address = records.size() == 1 ? mac_address(text(records.front(), "bssid")) : std::nullopt;
  if (!address) {
    return EBADMSG;
  }
  answer.name = text(records.front(), "ssid");
  answer.address = *address;
  answer.part = part_of(number<unsigned>(records.front(), "status"));
  return 0;
}

int Recorded::stations(const platform::nl80211::Interface& interface, std::vector<platform::nl80211::Station>& answer) {
  std::vector<JsonRecord> records;
  int error = read(interface.name + "/stationinfo.json", records);
  answer.clear();
  for (const auto& record : records) {
    const auto address = mac_address(text(record, "hardwareaddr"));
    if (!address) {
      error = EBADMSG;
      continue;
    }
    answer.push_back({.address = *address,
                      .connected_seconds = number<double>(record, "connected") / kNano,
                      .inactive_seconds = number<double>(record, "inactive") / kNano,
                      .receive_bits_per_second = number<std::uint64_t>(record, "receivebitrate"),
                      .transmit_bits_per_second = number<std::uint64_t>(record, "transmitbitrate"),
                      .received_bytes = number<std::uint64_t>(record, "receivedbytes"),
                      .transmitted_bytes = number<std::uint64_t>(record, "transmittedbytes"),
                      .received_packets = number<std::uint64_t>(record, "receivedpackets"),
                      .transmitted_packets = number<std::uint64_t>(record, "transmittedpackets"),
                      .retries = number<std::uint64_t>(record, "transmitretries"),
                      .failed = number<std::uint64_t>(record, "transmitfailed"),
                      .beacon_loss = number<std::uint64_t>(record, "beaconloss"),
                      .signal_dbm = number<int>(record, "signal")});
  }
  return error;
}

}  // namespace exporter::host::wifi
