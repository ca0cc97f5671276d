#include "platform/nl80211.h"

#include <linux/genetlink.h>
#include <linux/nl80211.h>

#include <algorithm>
#include <cerrno>

namespace platform::nl80211 {
namespace {

using netlink::Attribute;

constexpr double kMilli = 1000;

genlmsghdr ask_for(std::uint8_t command) noexcept { return {.cmd = command, .version = 0, .reserved = 0}; }

// Visits the attributes of a message with this command; false for another message.
template <class Visit>
bool each_attribute_of(const netlink::Message& message, std::uint8_t command, Visit&& visit) {
  const auto head = message.header<genlmsghdr>();
  if (!head || head->cmd != command) {
    return false;
  }
  netlink::each_attribute(message.behind(sizeof(genlmsghdr)), visit);
  return true;
}

std::optional<MacAddress> mac_address(const Attribute& attribute) noexcept { return attribute.as<MacAddress>(); }

// Information elements: an octet of type, an octet of length, that many octets. The first of type 0 is the SSID.
std::optional<std::string_view> ssid_of(std::string_view elements) noexcept {
  constexpr std::size_t kHead = 2;
  while (elements.size() >= kHead) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(elements[1]));
    if (size > elements.size() - kHead) {
      return std::nullopt;
    }
    if (elements[0] == 0) {
      return elements.substr(kHead, size);
    }
    elements.remove_prefix(kHead + size);
  }
  return std::nullopt;
}

// Units of 100 kbit/s. The older attribute has 16 bits; it is left out where they do not suffice.
std::optional<std::uint64_t> bit_rate(std::span<const char> attributes) {
  constexpr std::uint64_t kUnit = 100000;
  std::optional<std::uint32_t> wide;
  std::optional<std::uint16_t> narrow;
  netlink::each_attribute(attributes, [&](const Attribute& attribute) {
    if (attribute.type == NL80211_RATE_INFO_BITRATE32) {
      wide = attribute.as<std::uint32_t>();
    } else if (attribute.type == NL80211_RATE_INFO_BITRATE) {
      narrow = attribute.as<std::uint16_t>();
    }
  });
  if (wide) {
    return *wide * kUnit;
  }
  return narrow ? std::optional(*narrow * kUnit) : std::nullopt;
}

template <class T>
void keep(std::optional<std::uint64_t>& field, const Attribute& attribute) {
  if (const auto value = attribute.as<T>()) {
    field = *value;
  }
}

// Octets are counted in 64 bits by kernels since 3.19, and in 32 that overflow beside them.
struct NarrowBytes {
  std::optional<std::uint64_t> received;
  std::optional<std::uint64_t> transmitted;
};

void read_field(const Attribute& field, Station& station, NarrowBytes& narrow) {
  switch (field.type) {
    case NL80211_STA_INFO_CONNECTED_TIME:
      station.connected_seconds = field.as<std::uint32_t>();
      break;
    case NL80211_STA_INFO_INACTIVE_TIME:
      if (const auto milliseconds = field.as<std::uint32_t>()) {
        station.inactive_seconds = *milliseconds / kMilli;
      }
      break;
    case NL80211_STA_INFO_RX_BITRATE:
      station.receive_bits_per_second = bit_rate(field.payload);
      break;
    case NL80211_STA_INFO_TX_BITRATE:
      station.transmit_bits_per_second = bit_rate(field.payload);
      break;
    case NL80211_STA_INFO_RX_BYTES64:
      keep<std::uint64_t>(station.received_bytes, field);
      break;
    case NL80211_STA_INFO_TX_BYTES64:
      keep<std::uint64_t>(station.transmitted_bytes, field);
      break;
    case NL80211_STA_INFO_RX_BYTES:
      keep<std::uint32_t>(narrow.received, field);
      break;
    case NL80211_STA_INFO_TX_BYTES:
      keep<std::uint32_t>(narrow.transmitted, field);
      break;
    case NL80211_STA_INFO_RX_PACKETS:
      keep<std::uint32_t>(station.received_packets, field);
      break;
    case NL80211_STA_INFO_TX_PACKETS:
      keep<std::uint32_t>(station.transmitted_packets, field);
      break;
    case NL80211_STA_INFO_TX_RETRIES:
      keep<std::uint32_t>(station.retries, field);
      break;
    case NL80211_STA_INFO_TX_FAILED:
      keep<std::uint32_t>(station.failed, field);
      break;
    case NL80211_STA_INFO_BEACON_LOSS:
      keep<std::uint32_t>(station.beacon_loss, field);
      break;
    case NL80211_STA_INFO_SIGNAL:
      station.signal_dbm = field.as<std::int8_t>();
      break;
    default:
      break;
  }
}

}  // namespace

bool read_interface(const netlink::Message& message, Interface& interface) {
  interface.name.clear();
  interface.index = 0;
  interface.type = NL80211_IFTYPE_UNSPECIFIED;
  interface.megahertz.reset();
  return each_attribute_of(message, NL80211_CMD_NEW_INTERFACE, [&](const Attribute& attribute) {
    switch (attribute.type) {
      case NL80211_ATTR_IFNAME:
        interface.name = attribute.text();
        break;
      case NL80211_ATTR_IFINDEX:
        interface.index = attribute.as<int>().value_or(0);
        break;
      case NL80211_ATTR_IFTYPE:
        interface.type = attribute.as<std::uint32_t>().value_or(NL80211_IFTYPE_UNSPECIFIED);
        break;
      case NL80211_ATTR_WIPHY_FREQ:
        interface.megahertz = attribute.as<std::uint32_t>();
        break;
      default:
        break;
    }
  });
}

bool read_network(const netlink::Message& message, Network& network) {
  std::optional<std::uint32_t> status;  // of the networks that the interface is part of only
  std::optional<MacAddress> address;
  std::optional<std::string_view> name;
  std::optional<std::string_view> name_in_beacon;
  each_attribute_of(message, NL80211_CMD_NEW_SCAN_RESULTS, [&](const Attribute& outer) {
    if (outer.type != NL80211_ATTR_BSS) {
      return;
    }
    netlink::each_attribute(outer.payload, [&](const Attribute& field) {
      if (field.type == NL80211_BSS_STATUS) {
        status = field.as<std::uint32_t>();
      } else if (field.type == NL80211_BSS_BSSID) {
        address = mac_address(field);
      } else if (field.type == NL80211_BSS_INFORMATION_ELEMENTS) {
        name = ssid_of(field.bytes());
      } else if (field.type == NL80211_BSS_BEACON_IES) {
        name_in_beacon = ssid_of(field.bytes());
      }
    });
  });
  if (!status || !address) {
    return false;
  }
  network.address = *address;
  network.name = name ? *name : name_in_beacon.value_or(std::string_view{});
  switch (*status) {
    case NL80211_BSS_STATUS_AUTHENTICATED:
    case NL80211_BSS_STATUS_ASSOCIATED:
      network.part = Part::client;
      break;
    case NL80211_BSS_STATUS_IBSS_JOINED:
      network.part = Part::ad_hoc;
      break;
    default:
      network.part = Part::unknown;
  }
  return true;
}

bool read_station(const netlink::Message& message, Station& station) {
  station = {};
  std::optional<MacAddress> address;
  NarrowBytes narrow;
  each_attribute_of(message, NL80211_CMD_NEW_STATION, [&](const Attribute& outer) {
    if (outer.type == NL80211_ATTR_MAC) {
      address = mac_address(outer);
    } else if (outer.type == NL80211_ATTR_STA_INFO) {
      netlink::each_attribute(outer.payload, [&](const Attribute& field) { read_field(field, station, narrow); });
    }
  });
  station.address = address.value_or(MacAddress{});
  station.received_bytes = station.received_bytes ? station.received_bytes : narrow.received;
  station.transmitted_bytes = station.transmitted_bytes ? station.transmitted_bytes : narrow.transmitted;
  return address.has_value();
}

int Kernel::interfaces(std::vector<Interface>& answer) {
  if (const int error = socket_.family(NL80211_GENL_NAME, family_)) {
    return error;
  }
  netlink::Request request(family_, ask_for(NL80211_CMD_GET_INTERFACE));
  Interface interface;
  return socket_.dump(
      request, [&] { answer.clear(); },
      [&](const netlink::Message& message) {
        if (read_interface(message, interface)) {
          answer.push_back(interface);
        }
      });
}

int Kernel::network(const Interface& interface, Network& answer) {
  // Only these kinds are part of a network of others; a dump of all that was heard is long.
  constexpr std::uint32_t kMembers[] = {NL80211_IFTYPE_STATION, NL80211_IFTYPE_P2P_CLIENT, NL80211_IFTYPE_ADHOC};
  if (std::find(std::begin(kMembers), std::end(kMembers), interface.type) == std::end(kMembers)) {
    return ENOENT;
  }
  netlink::Request request(family_, ask_for(NL80211_CMD_GET_SCAN));
  request.put_number(NL80211_ATTR_IFINDEX, interface.index);
  bool found = false;
  const int error = socket_.dump(
      request, [&] { found = false; },
      [&](const netlink::Message& message) { found = found || read_network(message, answer); });
  return error == 0 && !found ? ENOENT : error;
}

int Kernel::stations(const Interface& interface, std::vector<Station>& answer) {
  netlink::Request request(family_, ask_for(NL80211_CMD_GET_STATION));
  request.put_number(NL80211_ATTR_IFINDEX, interface.index);
  Station station;
  return socket_.dump(
      request, [&] { answer.clear(); },
      [&](const netlink::Message& message) {
        if (read_station(message, station)) {
          answer.push_back(station);
        }
      });
}

}  // namespace platform::nl80211
