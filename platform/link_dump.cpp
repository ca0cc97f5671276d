#include "platform/link_dump.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace platform {

using netlink::Attribute;

namespace {

// IFLA_LINKINFO of a bond, or of a device that belongs to one.
void read_bond(const Attribute& info, Link& link) noexcept {
  bool in_bond = false;
  std::span<const char> state;
  netlink::each_attribute(info.payload, [&](const Attribute& attribute) {
    if (attribute.type == IFLA_INFO_KIND) {
      link.bond = attribute.text() == "bond";
    } else if (attribute.type == IFLA_INFO_SLAVE_KIND) {
      in_bond = attribute.text() == "bond";
    } else if (attribute.type == IFLA_INFO_SLAVE_DATA) {
      state = attribute.payload;
    }
  });
  // The numbers of other kinds' attributes mean other things.
  netlink::each_attribute(in_bond ? state : std::span<const char>{}, [&](const Attribute& attribute) {
    if (attribute.type == IFLA_BOND_SLAVE_MII_STATUS) {
      link.bond_state = attribute.as<std::uint8_t>();
    }
  });
}

}  // namespace

std::optional<Link> parse_link(std::span<const char> payload) noexcept {
  const netlink::Message message{RTM_NEWLINK, payload};
  const auto header = message.header<ifinfomsg>();
  if (!header) {
    return std::nullopt;
  }
  Link link;
  link.index = header->ifi_index;
  link.type = header->ifi_type;
  link.flags = header->ifi_flags;
  const bool whole = netlink::each_attribute(message.behind(sizeof(ifinfomsg)), [&](const Attribute& attribute) {
    switch (attribute.type) {
      case IFLA_IFNAME:
        link.name = attribute.text();
        break;
      case IFLA_IFALIAS:
        link.alias = attribute.text();
        break;
      case IFLA_STATS64:
        std::memcpy(link.stats.data(), attribute.payload.data(),
                    std::min(attribute.payload.size(), sizeof(link.stats)));
        link.has_stats = true;
        break;
      case IFLA_ADDRESS:
        link.address = attribute.bytes();
        break;
      case IFLA_BROADCAST:
        link.broadcast = attribute.bytes();
        break;
      case IFLA_PROP_LIST:
        link.alternatives = attribute.payload;
        break;
      case IFLA_LINKINFO:
        read_bond(attribute, link);
        break;
      case IFLA_MASTER:
        link.master = attribute.as<int>().value_or(0);
        break;
      case IFLA_LINK:
        link.lower = attribute.as<std::uint32_t>();
        break;
      case IFLA_MTU:
        link.mtu = attribute.as<std::uint32_t>();
        break;
      case IFLA_TXQLEN:
        link.queue = attribute.as<std::uint32_t>();
        break;
      case IFLA_GROUP:
        link.group = attribute.as<std::uint32_t>();
        break;
      case IFLA_OPERSTATE:
        link.state = attribute.as<std::uint8_t>();
        break;
      case IFLA_LINKMODE:
        link.mode = attribute.as<std::uint8_t>();
        break;
      case IFLA_CARRIER:
        link.carrier = attribute.as<std::uint8_t>();
        break;
      case IFLA_CARRIER_CHANGES:
        link.carrier_changes = attribute.as<std::uint32_t>();
        break;
      case IFLA_CARRIER_UP_COUNT:
        link.carrier_ups = attribute.as<std::uint32_t>();
        break;
      case IFLA_CARRIER_DOWN_COUNT:
        link.carrier_downs = attribute.as<std::uint32_t>();
        break;
      case IFLA_PROMISCUITY:
        link.promiscuous = attribute.as<std::uint32_t>();
        break;
      case IFLA_ALLMULTI:
        link.all_multicast = attribute.as<std::uint32_t>();
        break;
      default:
        break;
    }
  });
  if (!whole || link.name.empty()) {
    return std::nullopt;
  }
  return link;
}

std::optional<Address> parse_address(std::span<const char> payload) noexcept {
  const netlink::Message message{RTM_NEWADDR, payload};
  const auto header = message.header<ifaddrmsg>();
  if (!header) {
    return std::nullopt;
  }
  const std::size_t length = header->ifa_family == AF_INET ? 4 : header->ifa_family == AF_INET6 ? 16 : 0;
  Address address{static_cast<int>(header->ifa_index), header->ifa_prefixlen, {}};
  bool local = false;
  const bool whole = netlink::each_attribute(message.behind(sizeof(ifaddrmsg)), [&](const Attribute& attribute) {
    // On a point-to-point link IFA_ADDRESS is the other end; IFA_LOCAL, where given, is always ours.
    const bool ours = attribute.type == IFA_LOCAL;
    if ((ours || (attribute.type == IFA_ADDRESS && !local)) && attribute.payload.size() == length) {
      address.octets = attribute.bytes();
      local = local || ours;
    }
  });
  if (!whole || length == 0 || address.octets.empty()) {
    return std::nullopt;
  }
  return address;
}

std::string_view scope_of(const Address& address) noexcept {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(address.octets[i]); };
  if (address.octets.size() == 4) {
    const bool link_local_group = octet(0) == 224 && octet(1) == 0 && octet(2) == 0;
    if (octet(0) == 127 || (octet(0) == 169 && octet(1) == 254) || link_local_group) {
      return "link-local";
    }
    const bool any = std::all_of(address.octets.begin(), address.octets.end(), [](char c) { return c == 0; });
    const bool broadcast =
        std::all_of(address.octets.begin(), address.octets.end(), [](char c) { return c == '\xff'; });
    return any || broadcast || (octet(0) & 0xf0U) == 0xe0 ? "" : "global";
  }
  if (address.octets.size() != 16) {
    return "";
  }
  const bool zeros = std::all_of(address.octets.begin(), address.octets.end() - 1, [](char c) { return c == 0; });
  if (octet(0) == 0xff) {
    const unsigned scope = octet(1) & 0x0fU;
    return scope == 1 ? "interface-local" : scope == 2 ? "link-local" : "";
  }
  if ((zeros && octet(15) == 1) || (octet(0) == 0xfe && (octet(1) & 0xc0U) == 0x80)) {
    return "link-local";
  }
  return zeros && octet(15) == 0 ? "" : "global";
}

LinkDump::LinkDump() : links_(RTM_GETLINK, ifinfomsg{}), addresses_(RTM_GETADDR, ifaddrmsg{}) {
  // Leaves out the per-device IPv6 counters, half of the dump; the device's own counters stay.
  links_.put_number<std::uint32_t>(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

}  // namespace platform
