// Routes and queueing disciplines as rtnetlink tells them (rtnetlink(7)): the answers to RTM_GETROUTE and RTM_GETQDISC.
// For link messages see link_dump.h.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace platform {

struct Route {
  int family = 0;         // AF_INET, AF_INET6
  unsigned type = 0;      // RTN_UNICAST, ...
  unsigned protocol = 0;  // RTPROT_*: who made it
  unsigned prefix = 0;    // bits of the destination; 0 for a default route
  std::uint32_t priority = 0;
  int link = 0;
  // 4 or 16 octets, network order; empty for none.
  std::string_view destination;
  std::string_view source;  // the preferred one
  std::string_view gateway;
  std::span<const char> hops;  // of a route over several links, which has no link and gateway of its own
};

struct Hop {
  int link = 0;
  unsigned weight = 1;
  std::string_view gateway;
};

// Read the payload of one RTM_NEWROUTE or RTM_NEWQDISC message, without its nlmsghdr. Views point into `payload`.
std::optional<Route> parse_route(std::span<const char> payload) noexcept;

// Cuts the next hop off `hops`; nothing at the end, or where the lengths do not add up.
std::optional<Hop> take_hop(std::span<const char>& hops) noexcept;

struct Qdisc {
  int link = 0;
  bool root = false;      // stands at the top of what the device sends
  std::string_view kind;  // fq_codel, ...
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  std::uint32_t queued_packets = 0;
  std::uint32_t queued_bytes = 0;
  std::uint32_t drops = 0;
  std::uint32_t requeues = 0;
  std::uint32_t overlimits = 0;
};

std::optional<Qdisc> parse_qdisc(std::span<const char> payload) noexcept;

}  // namespace platform
