// Network devices, their counters and addresses as the kernel tells them over rtnetlink (rtnetlink(7)): one dump
// instead of a file per device. Shows the network namespace of this process, whatever --path.procfs says.
#pragma once
#include <linux/rtnetlink.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "platform/netlink.h"

namespace platform {

// The counters of struct rtnl_link_stats64, in its order.
enum class LinkStat : std::uint8_t {
  rx_packets,
  tx_packets,
  rx_bytes,
  tx_bytes,
  rx_errors,
  tx_errors,
  rx_dropped,
  tx_dropped,
  multicast,
  collisions,
  rx_length_errors,
  rx_over_errors,
  rx_crc_errors,
  rx_frame_errors,
  rx_fifo_errors,
  rx_missed_errors,
  tx_aborted_errors,
  tx_carrier_errors,
  tx_fifo_errors,
  tx_heartbeat_errors,
  tx_window_errors,
  rx_compressed,
  tx_compressed,
  rx_nohandler,
};
inline constexpr std::size_t kLinkStats = 24;
using LinkStats = std::array<std::uint64_t, kLinkStats>;

struct Link {
  int index = 0;
  std::string_view name;
  std::string_view alias;
  bool has_stats = false;
  LinkStats stats{};  // 0 for what an older kernel does not count

  unsigned type = 0;                   // ARPHRD_*
  unsigned flags = 0;                  // IFF_*: as a program set them, with the state of the device (IFF_RUNNING, ...)
  std::string_view address;            // octets, network order; empty for a device without
  std::string_view broadcast;          // the same
  std::span<const char> alternatives;  // attributes IFLA_ALT_IFNAME
  int master = 0;                      // index of the bond, bridge, ... that it belongs to; 0 for none
  bool bond = false;                   // is a bond
  std::optional<std::uint8_t> bond_state;  // belongs to a bond: BOND_LINK_*, what its file mii_status says
  std::optional<std::uint32_t> lower;      // index of the device below it, where that is another one
  std::optional<std::uint32_t> mtu;        // octets
  std::optional<std::uint32_t> queue;      // length of the transmit queue, packets
  std::optional<std::uint32_t> group;
  std::optional<std::uint8_t> state;    // RFC 2863: IF_OPER_*
  std::optional<std::uint8_t> mode;     // IF_LINK_MODE_*
  std::optional<std::uint8_t> carrier;  // kept of a device that is down as well
  std::optional<std::uint32_t> carrier_changes;
  std::optional<std::uint32_t> carrier_ups;
  std::optional<std::uint32_t> carrier_downs;
  std::optional<std::uint32_t> promiscuous;    // how many want it so
  std::optional<std::uint32_t> all_multicast;  // the same; Linux 6.0
};

struct Address {
  int link = 0;
  unsigned prefix = 0;      // bits of the network part
  std::string_view octets;  // 4 or 16, network order
};

// Reads one RTM_NEWLINK or RTM_NEWADDR message without its nlmsghdr. Views point into `payload`.
std::optional<Link> parse_link(std::span<const char> payload) noexcept;
std::optional<Address> parse_address(std::span<const char> payload) noexcept;

// "link-local" (loopback as well), "interface-local", "global", or empty for addresses that are none of these.
std::string_view scope_of(const Address& address) noexcept;

// Both on one kept socket; see netlink::Socket::dump() for start(), interruptions, errors and threads. The visited
// objects are valid during the call only. Never waits for an answer: the kernel has it ready.
class LinkDump {
 public:
  // visit(const Link&)
  template <class Start, class Visit>
  int links(Start&& start, Visit&& visit) {
    return socket_.dump(links_, start, [&](const netlink::Message& message) {
      if (message.type == RTM_NEWLINK) {
        if (const auto link = parse_link(message.payload)) {
          visit(*link);
        }
      }
    });
  }
  // visit(const Address&)
  template <class Start, class Visit>
  int addresses(Start&& start, Visit&& visit) {
    return socket_.dump(addresses_, start, [&](const netlink::Message& message) {
      if (message.type == RTM_NEWADDR) {
        if (const auto address = parse_address(message.payload)) {
          visit(*address);
        }
      }
    });
  }
  LinkDump();

 private:
  netlink::Socket socket_{NETLINK_ROUTE};
  netlink::Request links_;
  netlink::Request addresses_;
};

}  // namespace platform
