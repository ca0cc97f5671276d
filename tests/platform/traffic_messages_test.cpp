#include "platform/traffic_messages.h"

#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <vector>

namespace {

class Message {
 public:
  template <class Header>
  explicit Message(const Header& header) : bytes_(512) {
    message_ = mnl_nlmsg_put_header(bytes_.data());
    *static_cast<Header*>(mnl_nlmsg_put_extra_header(message_, sizeof(Header))) = header;
  }
  nlmsghdr* get() { return message_; }
  std::span<const char> payload() const {
    return {static_cast<const char*>(mnl_nlmsg_get_payload(message_)), mnl_nlmsg_get_payload_len(message_)};
  }

 private:
  std::vector<char> bytes_;
  nlmsghdr* message_;
};

Message qdisc_message(bool many) {
  tcmsg header{};
  header.tcm_ifindex = 4;
  header.tcm_parent = TC_H_ROOT;
  Message message(header);
  mnl_attr_put_strz(message.get(), TCA_KIND, "fq_codel");
  nlattr* const stats = mnl_attr_nest_start(message.get(), TCA_STATS2);
  const std::array<std::uint32_t, 3> basic{1000, 0, 7};
  mnl_attr_put(message.get(), TCA_STATS_BASIC, sizeof(basic), basic.data());
  if (many) {
    mnl_attr_put_u64(message.get(), TCA_STATS_PKT64, 5'000'000'007);
  }
  const gnet_stats_queue queue{1, 2, 3, 4, 5};
  mnl_attr_put(message.get(), TCA_STATS_QUEUE, sizeof(queue), &queue);
  mnl_attr_nest_end(message.get(), stats);
  return message;
}

TEST(TrafficMessages, ReadsTheCountersOfAQdisc) {
  const auto message = qdisc_message(false);
  const auto qdisc = platform::parse_qdisc(message.payload());
  ASSERT_TRUE(qdisc);
  EXPECT_TRUE(qdisc->root);
  EXPECT_EQ(qdisc->link, 4);
  EXPECT_EQ(qdisc->kind, "fq_codel");
  EXPECT_EQ(qdisc->bytes, 1000U);
  EXPECT_EQ(qdisc->packets, 7U);
  EXPECT_EQ(qdisc->queued_packets, 1U);
  EXPECT_EQ(qdisc->queued_bytes, 2U);
  EXPECT_EQ(qdisc->drops, 3U);
  EXPECT_EQ(qdisc->requeues, 4U);
  EXPECT_EQ(qdisc->overlimits, 5U);
  for (std::size_t size = 0; size < message.payload().size(); ++size) {
    const std::vector<char> cut(message.payload().begin(),
                                message.payload().begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(platform::parse_qdisc(cut)) << size;
  }
}

TEST(TrafficMessages, MorePacketsThanFitIn32Bits) {
  EXPECT_EQ(platform::parse_qdisc(qdisc_message(true).payload())->packets, 5'000'000'007U);
}

TEST(TrafficMessages, HopsOfARouteAreReadOneByOneAndEndWhereTheyAreCut) {
  rtnexthop first{};
  first.rtnh_len = sizeof(rtnexthop) + 8;
  first.rtnh_hops = 4;
  first.rtnh_ifindex = 2;
  std::vector<char> bytes(sizeof(rtnexthop) * 2 + 8);
  std::memcpy(bytes.data(), &first, sizeof(first));
  std::memcpy(bytes.data() + sizeof(first), "\x08\0\x05\0\x0a\0\0\x01", 8);  // RTA_GATEWAY
  rtnexthop second{};
  second.rtnh_len = sizeof(rtnexthop);
  second.rtnh_ifindex = 3;
  std::memcpy(bytes.data() + first.rtnh_len, &second, sizeof(second));
  std::span<const char> hops(bytes);
  const auto hop = platform::take_hop(hops);
  ASSERT_TRUE(hop);
  EXPECT_EQ(hop->link, 2);
  EXPECT_EQ(hop->weight, 5U);
  EXPECT_EQ(hop->gateway, std::string_view("\x0a\0\0\x01", 4));
  EXPECT_EQ(platform::take_hop(hops)->link, 3);
  EXPECT_FALSE(platform::take_hop(hops));
  hops = std::span<const char>(bytes).first(15);
  EXPECT_FALSE(platform::take_hop(hops));
}

}  // namespace
