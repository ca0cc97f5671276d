#include "collectors/host/netclass_interface.h"

#include <gtest/gtest.h>
#include <linux/if.h>

#include "tests/support/allocations.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

using exporter::host::netclass::Interface;
using exporter::host::netclass::Style;

class Netclass : public testing::Test {
 protected:
  FixtureRun run(std::string_view flags) {
    write_text(copy_.path() / "flags", flags);
    return FixtureRun(spec_of("netclass"), copy_.path());
  }
  const FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/netclass"};
};

// The samples of a link message, without the files.
std::string page_of(const platform::Link& link, Style style) {
  exporter::Sink sink(exporter::host::netclass::kMetrics);
  Interface device(link.name, false);
  device.take(link, style);
  device.write(sink, style, false);
  std::string page;
  for (const auto& column : sink.columns()) {
    page += column->lines.text();
  }
  return page;
}

platform::Link eth7() {
  platform::Link link;
  link.index = 7;
  link.name = "eth7";
  link.type = 1;
  link.flags = IFF_UP | IFF_BROADCAST | IFF_MULTICAST | IFF_RUNNING | IFF_LOWER_UP;
  link.address = std::string_view("\x02\0\x5e\0\0\x0a", 6);
  link.state = 6;
  link.carrier = 1;
  link.promiscuous = 2;
  return link;
}

bool has(const std::string& page, std::string_view line) { return page.find(line) != std::string::npos; }

TEST_F(Netclass, AMessageIsToldWithTheValuesOfTheFiles) {
  const auto page = page_of(eth7(), Style::sysfs);
  EXPECT_TRUE(has(page,
                  "node_network_info{address=\"02:00:5e:00:00:0a\",adminstate=\"up\",broadcast=\"\",device=\"eth7\","
                  "duplex=\"\",ifalias=\"\",operstate=\"up\"} 1\n"));
  EXPECT_TRUE(has(page, "node_network_up{device=\"eth7\"} 1\n"));
  EXPECT_TRUE(has(page, "node_network_flags{device=\"eth7\"} 4355\n"));  // up, broadcast, multicast, promiscuous
  EXPECT_TRUE(has(page, "node_network_carrier{device=\"eth7\"} 1\n"));
  EXPECT_TRUE(has(page, "node_network_dormant{device=\"eth7\"} 0\n"));
  EXPECT_TRUE(has(page, "node_network_iface_link{device=\"eth7\"} 7\n"));
  EXPECT_FALSE(has(page, "node_network_mtu_bytes"));
}

TEST_F(Netclass, ADeviceThatIsDownHasNoCarrierInItsFiles) {
  auto link = eth7();
  link.flags = IFF_BROADCAST;
  link.state = 2;
  link.lower = 3;
  const auto page = page_of(link, Style::sysfs);
  EXPECT_FALSE(has(page, "node_network_carrier{"));
  EXPECT_FALSE(has(page, "node_network_dormant{"));
  EXPECT_TRUE(has(page, "adminstate=\"down\""));
  EXPECT_TRUE(has(page, "operstate=\"down\""));
  EXPECT_TRUE(has(page, "node_network_iface_link{device=\"eth7\"} 3\n"));
  EXPECT_TRUE(has(page_of(link, Style::message), "node_network_carrier{device=\"eth7\"} 1\n"));
}

TEST_F(Netclass, NetlinkStyleShowsTheFlagsOfTheMessageAndFurtherNames) {
  auto link = eth7();
  const std::string name("\x0a\0\x35\0uplnk\0\0\0", 12);  // IFLA_ALT_IFNAME
  link.alternatives = name;
  const auto page = page_of(link, Style::message);
  EXPECT_TRUE(has(page, "node_network_flags{device=\"eth7\"} 69699\n"));
  EXPECT_TRUE(has(page, "node_network_altnames_info{altname=\"uplnk\",device=\"eth7\"} 1\n"));
  EXPECT_FALSE(has(page, "adminstate"));
}

TEST_F(Netclass, ModesOfTheEthtoolInterface) {
  exporter::Sink sink(exporter::host::netclass::kMetrics);
  Interface device("eth7", false);
  const auto page = [&](std::optional<std::uint32_t> speed, std::optional<std::uint8_t> duplex, bool ignore_invalid) {
    sink.clear();
    device.take_mode(speed, duplex);
    device.write(sink, Style::message, ignore_invalid);
    std::string text;
    for (const auto& column : sink.columns()) {
      text += column->lines.text();
    }
    return text;
  };
  EXPECT_TRUE(has(page(1000, 1, true), "node_network_speed_bytes{device=\"eth7\"} 1.25e+08\n"));
  EXPECT_TRUE(has(page(1000, 1, true), "duplex=\"Full\""));
  EXPECT_TRUE(has(page(UINT32_MAX, 255, false), "node_network_speed_bytes{device=\"eth7\"} -125000\n"));
  EXPECT_TRUE(has(page(UINT32_MAX, 255, false), "duplex=\"Unknown\""));
  EXPECT_FALSE(has(page(UINT32_MAX, 0, true), "speed_bytes"));
  EXPECT_TRUE(has(page({}, {}, true), "duplex=\"\""));
}

TEST_F(Netclass, NetlinkAsksThisMachineAndAllocatesNothingWhenWarm) {
  auto live = run("collector.netclass.netlink=true\ncollector.netclass_rtnl.with-stats=true\n");
  ASSERT_EQ(live.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(parse_exposition(live.page()).errors.empty());
  EXPECT_TRUE(has(live.page(), "node_network_iface_id{device=\"lo\"} 1\n"));
  EXPECT_TRUE(has(live.page(), "# TYPE node_network_receive_packets_total gauge\n"));
  live.scrape();
  const auto before = allocations();
  live.scrape();
  EXPECT_EQ(allocations() - before, 0U);
}

TEST_F(Netclass, FilesAllocateNothingWhenWarmAndChangesShow) {
  auto files = run("collector.netclass.ignore-invalid-speed=true\n");
  files.scrape();
  EXPECT_TRUE(has(files.page(), "node_network_speed_bytes{device=\"eth0\"} 312500000\n"));
  EXPECT_FALSE(has(files.page(), "node_network_speed_bytes{device=\"tun3\"}"));
  files.scrape();
  const auto before = allocations();
  files.scrape();
  EXPECT_EQ(allocations() - before, 0U);
  write_text(copy_.path() / "sys/class/net/eth0/duplex", "half\n");
  files.scrape();
  EXPECT_TRUE(has(files.page(), "duplex=\"half\""));
}

TEST_F(Netclass, IgnoredDevicesAreLeftOut) {
  auto files = run("collector.netclass.ignored-devices=^tun\n");
  files.scrape();
  EXPECT_FALSE(has(files.page(), "tun3"));
  EXPECT_TRUE(has(files.page(), "device=\"eth0\""));
}

TEST_F(Netclass, AMachineWithoutTheClassHasNoData) {
  const FixtureCopy other(std::filesystem::path(FIXTURES) / "host/loadavg");
  FixtureRun files(spec_of("netclass"), other.path());
  EXPECT_EQ(files.scrape(), exporter::Outcome::no_data);
}

}  // namespace
}  // namespace tests
