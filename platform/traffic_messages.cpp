#include "platform/traffic_messages.h"

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "platform/netlink.h"

namespace platform {

using netlink::Attribute;

std::optional<Route> parse_route(std::span<const char> payload) noexcept {
  const netlink::Message message{RTM_NEWROUTE, payload};
  const auto header = message.header<rtmsg>();
  if (!header) {
    return std::nullopt;
  }
  Route route;
  route.family = header->rtm_family;
  route.type = header->rtm_type;
  route.protocol = header->rtm_protocol;
  route.prefix = header->rtm_dst_len;
  const bool whole = netlink::each_attribute(message.behind(sizeof(rtmsg)), [&](const Attribute& attribute) {
    switch (attribute.type) {
      case RTA_DST:
        route.destination = attribute.bytes();
        break;
      case RTA_PREFSRC:
        route.source = attribute.bytes();
        break;
      case RTA_GATEWAY:
        route.gateway = attribute.bytes();
        break;
      case RTA_OIF:
        route.link = attribute.as<int>().value_or(0);
        break;
      case RTA_PRIORITY:
        route.priority = attribute.as<std::uint32_t>().value_or(0);
        break;
      case RTA_MULTIPATH:
        route.hops = attribute.payload;
        break;
      default:
        break;
    }
  });
  return whole ? std::optional(route) : std::nullopt;
}

std::optional<Hop> take_hop(std::span<const char>& hops) noexcept {
  const auto header = netlink::read<rtnexthop>(hops);
  if (!header || header->rtnh_len < sizeof(rtnexthop) || header->rtnh_len > hops.size()) {
    return std::nullopt;
  }
  Hop hop;
  hop.link = header->rtnh_ifindex;
  hop.weight = header->rtnh_hops + 1U;
  const auto own = hops.first(header->rtnh_len);
  const bool whole = netlink::each_attribute(own.subspan(sizeof(rtnexthop)), [&](const Attribute& attribute) {
    if (attribute.type == RTA_GATEWAY) {
      hop.gateway = attribute.bytes();
    }
  });
  const std::size_t step = RTNH_ALIGN(std::size_t{header->rtnh_len});
  hops = hops.subspan(step < hops.size() ? step : hops.size());
  return whole ? std::optional(hop) : std::nullopt;
}

std::optional<Qdisc> parse_qdisc(std::span<const char> payload) noexcept {
  const netlink::Message message{RTM_NEWQDISC, payload};
  const auto header = message.header<tcmsg>();
  if (!header) {
    return std::nullopt;
  }
  Qdisc qdisc;
  qdisc.link = header->tcm_ifindex;
  // Devices without a queue say 0.
  qdisc.root = header->tcm_parent == TC_H_ROOT || header->tcm_parent == 0;
  bool counted = false;
  bool many = false;
  const auto read_counters = [&](const Attribute& attribute) {
    if (attribute.type == TCA_STATS_BASIC) {
      // struct gnet_stats_basic: its size in the kernel's header includes padding that not every kernel sends.
      qdisc.bytes = attribute.as<std::uint64_t>().value_or(0);
      if (!many && attribute.payload.size() >= 12) {
        qdisc.packets = netlink::read<std::uint32_t>(attribute.payload.subspan(8)).value_or(0);
      }
      counted = true;
    } else if (attribute.type == TCA_STATS_PKT64) {
      // Sent beside the basic counters once these do not hold the number any more.
      if (const auto packets = attribute.as<std::uint64_t>()) {
        qdisc.packets = *packets;
        many = true;
      }
    } else if (attribute.type == TCA_STATS_QUEUE) {
      if (const auto queue = attribute.as<gnet_stats_queue>()) {
        qdisc.queued_packets = queue->qlen;
        qdisc.queued_bytes = queue->backlog;
        qdisc.drops = queue->drops;
        qdisc.requeues = queue->requeues;
        qdisc.overlimits = queue->overlimits;
      }
    }
  };
  bool whole = true;
  const bool outer = netlink::each_attribute(message.behind(sizeof(tcmsg)), [&](const Attribute& attribute) {
    if (attribute.type == TCA_KIND) {
      qdisc.kind = attribute.text();
    } else if (attribute.type == TCA_STATS2) {
      whole = netlink::each_attribute(attribute.payload, read_counters);
    }
  });
  return outer && whole && counted && !qdisc.kind.empty() ? std::optional(qdisc) : std::nullopt;
}

}  // namespace platform
