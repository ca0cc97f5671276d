// Network devices, their counters and addresses as the kernel tells them over rtnetlink (rtnetlink(7)): one dump
// instead of a file per device. Shows the network namespace of this process, whatever --path.procfs says.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "platform/dir.h"

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

// One kept socket. Functions return 0 or an errno value; the visited objects are valid during the call only.
// For one thread at a time. Dumping never waits: the kernel has each part ready when it is asked for.
class LinkDump {
 public:
  template <class Visit>  // void(const Link&)
  int links(Visit&& visit) {
    return dump(Kind::links, &visit, [](void* to, std::span<const char> payload) {
      if (const auto link = parse_link(payload)) {
        (*static_cast<std::remove_reference_t<Visit>*>(to))(*link);
      }
    });
  }
  template <class Visit>  // void(const Address&)
  int addresses(Visit&& visit) {
    return dump(Kind::addresses, &visit, [](void* to, std::span<const char> payload) {
      if (const auto address = parse_address(payload)) {
        (*static_cast<std::remove_reference_t<Visit>*>(to))(*address);
      }
    });
  }

 private:
  enum class Kind : std::uint8_t { links, addresses };
  using Message = void (*)(void* to, std::span<const char> payload);
  int dump(Kind kind, void* to, Message message);
  int ask(Kind kind);
  int receive(Kind kind, void* to, Message message);

  Fd socket_;
  std::uint32_t sequence_ = 0;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace platform
