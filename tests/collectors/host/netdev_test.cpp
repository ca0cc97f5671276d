#include <gtest/gtest.h>

#include "tests/support/allocations.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace {

using tests::FixtureRun;

class Netdev : public testing::Test {
 protected:
  // A run over the fixture with these flags, one name=value a line.
  FixtureRun run(std::string_view flags) {
    tests::write_text(copy_.path() / "flags", flags);
    return FixtureRun(tests::spec_of("netdev"), copy_.path());
  }
  static bool has(const FixtureRun& run, std::string_view line) { return run.page().find(line) != std::string::npos; }

  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/netdev"};
};

TEST_F(Netdev, NetlinkShowsTheLoopbackOfThisMachineAndAllocatesNothingWhenWarm) {
  auto live = run("collector.netdev.address-info=true\ncollector.netdev.label-ifalias=true\n");
  ASSERT_EQ(live.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(live, "node_network_receive_bytes_total{device=\"lo\",ifalias=\"\"} "));
  EXPECT_TRUE(has(live, "node_network_receive_nohandler_total{device=\"lo\",ifalias=\"\"} "));
  EXPECT_FALSE(has(live, "node_network_receive_errors_total"));
  EXPECT_TRUE(tests::parse_exposition(live.page()).errors.empty());
  live.scrape();
  const auto before = tests::allocations();
  live.scrape();
  EXPECT_EQ(tests::allocations() - before, 0U);
}

TEST_F(Netdev, DetailedNamesReplaceTheSums) {
  auto live = run("collector.netdev.enable-detailed-metrics=true\n");
  ASSERT_EQ(live.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(live, "node_network_transmit_window_errors_total{device=\"lo\"} "));
  EXPECT_FALSE(has(live, "node_network_receive_errs_total"));
}

TEST_F(Netdev, DetailedNamesOfTheTextAreItsOwn) {
  auto text = run("collector.netdev.netlink=false\ncollector.netdev.enable-detailed-metrics=true\n");
  ASSERT_EQ(text.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(text, "node_network_receive_dropped_total{device=\"eth0\"} 4\n"));
  EXPECT_TRUE(has(text, "node_network_receive_frame_total{device=\"eth0\"} 6\n"));
  EXPECT_TRUE(has(text, "node_network_transmit_colls_total{device=\"eth0\"} 14\n"));
  EXPECT_FALSE(has(text, "nohandler"));
}

TEST_F(Netdev, AVanishedDeviceIsForgottenAndAChangedAliasShown) {
  auto text = run("collector.netdev.netlink=false\ncollector.netdev.label-ifalias=true\n");
  text.scrape();
  EXPECT_TRUE(has(text, "{device=\"docker0\",ifalias=\"\"}"));
  tests::write_text(copy_.path() / "sys/class/net/eth0/ifalias", "spare\n");
  tests::write_text(copy_.path() / "proc/net/dev", "\n\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
  text.scrape();
  EXPECT_FALSE(has(text, "docker0"));
  EXPECT_TRUE(has(text, "node_network_receive_bytes_total{device=\"eth0\",ifalias=\"spare\"} 1\n"));
}

TEST_F(Netdev, ABadLineCostsItsDeviceOnly) {
  tests::write_text(copy_.path() / "proc/net/dev",
                    "\n\n eth0: 1 2 x 4 5 6 7 8 9 10 11 12 13 14 15 16\n lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
  auto text = run("collector.netdev.netlink=false\n");
  EXPECT_EQ(text.scrape(), exporter::Outcome::ok);
  EXPECT_FALSE(has(text, "eth0"));
  EXPECT_TRUE(has(text, "node_network_transmit_compressed_total{device=\"lo\"} 16\n"));
  EXPECT_EQ(text.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

TEST_F(Netdev, OldFlagNamesWorkAndContradictionsAreRefused) {
  auto text = run("collector.netdev.netlink=false\ncollector.netdev.device-whitelist=^lo$\n");
  text.scrape();
  EXPECT_FALSE(has(text, "eth0"));
  EXPECT_TRUE(has(text, "device=\"lo\""));
  EXPECT_THROW(run("collector.netdev.device-include=a\ncollector.netdev.device-exclude=b\n"), exporter::OptionError);
  EXPECT_THROW(run("collector.netdev.device-include=a\ncollector.netdev.device-whitelist=b\n"), exporter::OptionError);
}

}  // namespace
