#include "platform/link_dump.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <string>
#include <vector>

namespace {

using platform::Address;
using platform::LinkStat;

// A message as the kernel would send it, cut after `keep` octets of payload.
class Message {
 public:
  template <class Header>
  explicit Message(const Header& header) : bytes_(512) {
    message_ = mnl_nlmsg_put_header(bytes_.data());
    *static_cast<Header*>(mnl_nlmsg_put_extra_header(message_, sizeof(Header))) = header;
  }
  Message& put(std::uint16_t type, const void* data, std::size_t size) {
    mnl_attr_put(message_, type, size, data);
    return *this;
  }
  std::span<const char> payload() const {
    return {static_cast<const char*>(mnl_nlmsg_get_payload(message_)), mnl_nlmsg_get_payload_len(message_)};
  }

 private:
  std::vector<char> bytes_;
  nlmsghdr* message_;
};

Address address(int family, const char* text, std::string& octets) {
  octets.assign(family == AF_INET ? 4 : 16, '\0');
  EXPECT_EQ(inet_pton(family, text, octets.data()), 1);
  return {1, 24, octets};
}

TEST(LinkDump, ReadsNameAliasAndCounters) {
  ifinfomsg header{};
  header.ifi_index = 7;
  platform::LinkStats stats{};
  stats[0] = 11;
  stats[23] = 24;
  Message message(header);
  message.put(IFLA_IFNAME, "eth7", 5).put(IFLA_IFALIAS, "uplink", 7).put(IFLA_STATS64, stats.data(), sizeof(stats));
  const auto link = platform::parse_link(message.payload());
  ASSERT_TRUE(link);
  EXPECT_EQ(link->index, 7);
  EXPECT_EQ(link->name, "eth7");
  EXPECT_EQ(link->alias, "uplink");
  EXPECT_TRUE(link->has_stats);
  EXPECT_EQ(link->stats[static_cast<std::size_t>(LinkStat::rx_packets)], 11U);
  EXPECT_EQ(link->stats[static_cast<std::size_t>(LinkStat::rx_nohandler)], 24U);
  for (std::size_t size = 0; size < message.payload().size(); ++size) {
    const std::vector<char> cut(message.payload().begin(),
                                message.payload().begin() + static_cast<std::ptrdiff_t>(size));
    const auto partial = platform::parse_link(cut);
    EXPECT_TRUE(!partial || partial->name == "eth7") << size;
  }
}

TEST(LinkDump, ReadsStateAndSettings) {
  ifinfomsg header{};
  header.ifi_type = 1;
  header.ifi_flags = 0x1003;
  const std::uint32_t mtu = 1400;
  const std::uint8_t up = 6;
  Message message(header);
  message.put(IFLA_IFNAME, "eth7", 5).put(IFLA_ADDRESS, "\x02\0\0\0\0\x07", 6).put(IFLA_MTU, &mtu, 4);
  message.put(IFLA_OPERSTATE, &up, 1).put(IFLA_CARRIER, &up, 0);
  const auto link = platform::parse_link(message.payload());
  ASSERT_TRUE(link);
  EXPECT_EQ(link->type, 1U);
  EXPECT_EQ(link->flags, 0x1003U);
  EXPECT_EQ(link->address, std::string_view("\x02\0\0\0\0\x07", 6));
  EXPECT_EQ(link->mtu, 1400U);
  EXPECT_EQ(link->state, 6);
  EXPECT_FALSE(link->carrier);  // too short to be read
  EXPECT_FALSE(link->queue);
}

TEST(LinkDump, ReadsTheStateOfADeviceInABondOnly) {
  const auto link_in = [](std::string_view kind) {
    // IFLA_INFO_SLAVE_KIND (4), IFLA_INFO_SLAVE_DATA (5) with IFLA_BOND_SLAVE_MII_STATUS (2) = 1
    std::string info("\x09\0\x04\0", 4);
    info.append(kind).append(4, '\0').append("\x09\0\x05\0\x05\0\x02\0\x01\0\0\0", 12);
    const std::uint32_t master = 9;
    Message message(ifinfomsg{});
    message.put(IFLA_IFNAME, "eth0", 5).put(IFLA_MASTER, &master, 4).put(IFLA_LINKINFO, info.data(), info.size());
    const auto link = platform::parse_link(message.payload());
    EXPECT_TRUE(link && link->master == 9 && !link->bond);
    return link->bond_state;
  };
  EXPECT_EQ(link_in("bond"), 1);
  EXPECT_FALSE(link_in("team"));
}

TEST(LinkDump, ShorterCountersOfAnOlderKernelLeaveTheRestZero) {
  platform::LinkStats stats;
  stats.fill(5);
  Message message(ifinfomsg{});
  message.put(IFLA_IFNAME, "eth0", 5).put(IFLA_STATS64, stats.data(), 23 * sizeof(std::uint64_t));
  const auto link = platform::parse_link(message.payload());
  ASSERT_TRUE(link);
  EXPECT_EQ(link->stats[22], 5U);
  EXPECT_EQ(link->stats[23], 0U);
}

TEST(LinkDump, TheLocalAddressWinsOverThePeers) {
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = 32;
  header.ifa_index = 3;
  Message message(header);
  message.put(IFA_ADDRESS, "\x0a\x00\x00\x02", 4).put(IFA_LOCAL, "\x0a\x00\x00\x01", 4);
  const auto found = platform::parse_address(message.payload());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->link, 3);
  EXPECT_EQ(found->prefix, 32U);
  EXPECT_EQ(found->octets, std::string_view("\x0a\x00\x00\x01", 4));
}

TEST(LinkDump, Scopes) {
  std::string octets;
  EXPECT_EQ(scope_of(address(AF_INET, "127.0.0.1", octets)), "link-local");
  EXPECT_EQ(scope_of(address(AF_INET, "169.254.1.1", octets)), "link-local");
  EXPECT_EQ(scope_of(address(AF_INET, "192.0.2.1", octets)), "global");
  EXPECT_EQ(scope_of(address(AF_INET, "0.0.0.0", octets)), "");
  EXPECT_EQ(scope_of(address(AF_INET6, "::1", octets)), "link-local");
  EXPECT_EQ(scope_of(address(AF_INET6, "fe80::1", octets)), "link-local");
  EXPECT_EQ(scope_of(address(AF_INET6, "ff01::1", octets)), "interface-local");
  EXPECT_EQ(scope_of(address(AF_INET6, "2001:db8::1", octets)), "global");
  EXPECT_EQ(scope_of(address(AF_INET6, "::", octets)), "");
}

TEST(LinkDump, FindsTheLoopbackOfThisMachineTwice) {
  platform::LinkDump dump;
  for (int i = 0; i < 2; ++i) {
    int loopbacks = 0;
    const auto start = [&] { loopbacks = 0; };
    EXPECT_EQ(dump.links(start,
                         [&](const platform::Link& link) { loopbacks += link.name == "lo" && link.has_stats ? 1 : 0; }),
              0);
    EXPECT_EQ(loopbacks, 1);
    EXPECT_EQ(dump.addresses([] {}, [](const Address& found) { EXPECT_GT(found.link, 0); }), 0);
  }
}

}  // namespace
