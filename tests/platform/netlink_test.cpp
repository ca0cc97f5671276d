#include "platform/netlink.h"

#include <gtest/gtest.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/allocations.h"

namespace {

namespace netlink = platform::netlink;

TEST(Netlink, AttributesWithLengthsThatDoNotAddUpEndTheList) {
  std::vector<char> bytes(20);
  const nlattr first{6, 1};
  const nlattr second{7, NLA_F_NESTED | 2};
  std::memcpy(bytes.data(), &first, sizeof(first));
  bytes[4] = 'a';
  std::memcpy(bytes.data() + 8, &second, sizeof(second));
  bytes[12] = 'x';
  std::vector<std::string> seen;
  const auto visit = [&](const netlink::Attribute& attribute) {
    seen.push_back(std::to_string(attribute.type) + std::string(attribute.text()));
  };
  EXPECT_FALSE(netlink::each_attribute(bytes, visit));  // the third is zero octets long
  EXPECT_EQ(seen, (std::vector<std::string>{"1a", "2x"}));
  EXPECT_TRUE(netlink::each_attribute(std::span<const char>(bytes).first(16), visit));
  EXPECT_TRUE(netlink::each_attribute(std::span<const char>(bytes).first(15), visit));   // without the last padding
  EXPECT_FALSE(netlink::each_attribute(std::span<const char>(bytes).first(14), visit));  // one octet short
  EXPECT_TRUE(netlink::each_attribute({}, visit));
}

TEST(Netlink, NumbersOfTheWrongSizeAreNone) {
  const std::array<char, 5> octets{1, 0, 0, 0, 9};
  EXPECT_EQ(netlink::read<std::uint32_t>(octets), 1U);
  EXPECT_FALSE(netlink::read<std::uint64_t>(octets));
  const netlink::Message message{1, octets};
  EXPECT_EQ(message.behind(1).size(), 1U);
  EXPECT_TRUE(message.behind(6).empty());
}

TEST(Netlink, DumpsTheLoopbackAgainAndAgainWithoutAllocating) {
  netlink::Socket socket(NETLINK_ROUTE);
  netlink::Request request(RTM_GETLINK, ifinfomsg{});
  int starts = 0;
  int loopbacks = 0;
  const auto dump = [&] {
    return socket.dump(
        request,
        [&] {
          ++starts;
          loopbacks = 0;
        },
        [&](const netlink::Message& message) {
          loopbacks += message.type == RTM_NEWLINK && message.header<ifinfomsg>()->ifi_index == 1 ? 1 : 0;
        });
  };
  EXPECT_EQ(dump(), 0);
  const auto before = tests::allocations();
  EXPECT_EQ(dump(), 0);
  EXPECT_EQ(tests::allocations() - before, 0U);
  EXPECT_EQ(loopbacks, 1);
  EXPECT_GE(starts, 2);
}

TEST(Netlink, AsksForOneLink) {
  netlink::Socket socket(NETLINK_ROUTE);
  netlink::Request request(RTM_GETLINK, ifinfomsg{});
  request.put_text(IFLA_IFNAME, "lo");
  int index = 0;
  const auto visit = [&](const netlink::Message& message) { index = message.header<ifinfomsg>()->ifi_index; };
  EXPECT_EQ(socket.ask(request, visit), 0);
  EXPECT_EQ(index, 1);
}

TEST(Netlink, ErrorsAreErrnoValuesAndTheSocketGoesOn) {
  netlink::Socket socket(NETLINK_ROUTE);
  netlink::Request absent(RTM_GETLINK, ifinfomsg{});
  absent.put_text(IFLA_IFNAME, "no-such-link");
  const auto ignore = [](const netlink::Message&) {};
  EXPECT_EQ(socket.ask(absent, ignore), ENODEV);
  netlink::Request request(RTM_GETLINK, ifinfomsg{});
  request.put_text(IFLA_IFNAME, "lo");
  EXPECT_EQ(socket.ask(request, ignore), 0);
}

TEST(Netlink, TheKernelsWordsAboutAnErrorAreKept) {
  netlink::Socket socket(NETLINK_GENERIC);
  netlink::Request request(GENL_ID_CTRL, genlmsghdr{CTRL_CMD_GETFAMILY, 1, 0});
  request.put(CTRL_ATTR_FAMILY_ID, std::span<const char>("x", 1));  // a number of two octets is expected
  EXPECT_NE(socket.ask(request, [](const netlink::Message&) {}), 0);
  EXPECT_FALSE(socket.error_text().empty());
}

TEST(Netlink, ARequestThatIsTooLongIsNotSent) {
  netlink::Socket socket(NETLINK_ROUTE);
  netlink::Request request(RTM_GETLINK, ifinfomsg{});
  request.put_text(IFLA_IFNAME, std::string(netlink::Request::kRoom, 'x'));
  EXPECT_EQ(socket.ask(request, [](const netlink::Message&) {}), EMSGSIZE);
}

TEST(Netlink, FamiliesAreRememberedAlsoThoseThatAreNot) {
  netlink::Socket socket(NETLINK_GENERIC);
  std::uint16_t id = 0;
  ASSERT_EQ(socket.family("nlctrl", id), 0);
  EXPECT_EQ(id, GENL_ID_CTRL);
  EXPECT_EQ(socket.family("no-such-family", id), ENOENT);
  id = 0;
  const auto before = tests::allocations();
  EXPECT_EQ(socket.family("no-such-family", id), ENOENT);
  EXPECT_EQ(socket.family("nlctrl", id), 0);
  EXPECT_EQ(tests::allocations() - before, 0U);
  EXPECT_EQ(id, GENL_ID_CTRL);
}

}  // namespace
