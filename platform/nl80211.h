// Wireless interfaces, the networks they are in and the stations they talk to, by generic netlink (family nl80211,
// linux/nl80211.h; iw(8) shows the same with `iw dev`, `iw dev wlan0 scan dump` and `iw dev wlan0 station dump`).
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/netlink.h"

namespace platform::nl80211 {

using MacAddress = std::array<std::uint8_t, 6>;

struct Interface {
  std::string name;  // empty for what is no network device, such as one for discovery only (Wi-Fi Direct)
  int index = 0;
  std::uint32_t type = 0;  // enum nl80211_iftype
  std::optional<std::uint32_t> megahertz;
};

enum class Part : std::uint8_t { client, ad_hoc, unknown };

// A network that the interface is part of.
struct Network {
  std::string name;  // SSID, of any octets
  MacAddress address{};
  Part part = Part::unknown;
};

// Nothing where the driver does not say.
struct Station {
  MacAddress address{};
  std::optional<double> connected_seconds;
  std::optional<double> inactive_seconds;  // since anything was heard of it
  std::optional<std::uint64_t> receive_bits_per_second;
  std::optional<std::uint64_t> transmit_bits_per_second;
  std::optional<std::uint64_t> received_bytes;
  std::optional<std::uint64_t> transmitted_bytes;
  std::optional<std::uint64_t> received_packets;
  std::optional<std::uint64_t> transmitted_packets;
  std::optional<std::uint64_t> retries;
  std::optional<std::uint64_t> failed;
  std::optional<std::uint64_t> beacon_loss;
  std::optional<int> signal_dbm;
};

// Read one message of an answer. False when it is something else; of a network also when the interface is not part of
// it: a scan lists all that were heard.
bool read_interface(const netlink::Message& message, Interface& interface);
bool read_network(const netlink::Message& message, Network& network);
bool read_station(const netlink::Message& message, Station& station);

// Functions return 0 or an errno value. For one thread at a time.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;
  // ENOENT: there is nothing wireless here.
  virtual int interfaces(std::vector<Interface>& answer) = 0;
  // ENOENT: the interface is in no network.
  virtual int network(const Interface& interface, Network& answer) = 0;
  virtual int stations(const Interface& interface, std::vector<Station>& answer) = 0;
};

// The kernel; needs no privileges. Drivers ask their firmware for stations, which may take milliseconds.
class Kernel final : public Source {
 public:
  int interfaces(std::vector<Interface>& answer) override;
  int network(const Interface& interface, Network& answer) override;
  int stations(const Interface& interface, std::vector<Station>& answer) override;

 private:
  netlink::Socket socket_{NETLINK_GENERIC};
  std::uint16_t family_ = 0;
};

}  // namespace platform::nl80211
