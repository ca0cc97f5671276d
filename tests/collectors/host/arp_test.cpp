#include <gtest/gtest.h>

#include "tests/support/allocations.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

class Arp : public testing::Test {
 protected:
  FixtureRun run(std::string_view flags) {
    write_text(copy_.path() / "flags", flags);
    return FixtureRun(spec_of("arp"), copy_.path());
  }
  const FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/arp"};
};

TEST_F(Arp, NetlinkAsksThisMachineAndAllocatesNothingWhenWarm) {
  auto live = run("");
  ASSERT_EQ(live.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(parse_exposition(live.page()).errors.empty());
  EXPECT_EQ(live.page().find("br-lan"), std::string::npos);
  live.scrape();
  const auto before = allocations();
  live.scrape();
  EXPECT_EQ(allocations() - before, 0U);
}

TEST_F(Arp, ExcludedDevicesAreLeftOut) {
  auto text = run("collector.arp.netlink=false\ncollector.arp.device-exclude=^br\n");
  text.scrape();
  EXPECT_NE(text.page().find("node_arp_entries{device=\"eth0\"} 2\n"), std::string::npos);
  EXPECT_EQ(text.page().find("br-lan"), std::string::npos);
}

TEST_F(Arp, AShortLineIsAProblemAndTheRestCounts) {
  write_text(copy_.path() / "proc/net/arp", "header\n192.0.2.1 0x1 0x2\n192.0.2.1 0x1 0x2 02:00:00:00:00:05 * eth9\n");
  auto text = run("collector.arp.netlink=false\n");
  EXPECT_EQ(text.scrape(), exporter::Outcome::ok);
  EXPECT_NE(text.page().find("node_arp_entries{device=\"eth9\"} 1\n"), std::string::npos);
  EXPECT_EQ(text.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

TEST_F(Arp, IncludeAndExcludeTogetherAreRefused) {
  EXPECT_THROW(run("collector.arp.device-include=a\ncollector.arp.device-exclude=b\n"), exporter::OptionError);
}

}  // namespace
}  // namespace tests
