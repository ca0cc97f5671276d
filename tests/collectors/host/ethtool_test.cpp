#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "collectors/host/ethtool_metrics.h"
#include "collectors/host/ethtool_modes.h"
#include "platform/dir.h"
#include "platform/ethtool.h"
#include "tests/support/allocations.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;
using exporter::host::ethtool::cleaned;
using exporter::host::ethtool::family_name;
using exporter::host::ethtool::mode_of;

TEST(Ethtool, NamesOfCounters) {
  EXPECT_EQ(cleaned("port.rx_dropped"), "port_rx_dropped");
  EXPECT_EQ(cleaned("a_- _b"), "a_b");
  EXPECT_EQ(cleaned("a__b"), "a__b");
  EXPECT_EQ(cleaned("a-_-b"), "a__b");
  EXPECT_EQ(cleaned("[0]: x"), "_0_x");
  EXPECT_EQ(family_name("_0_Drops"), "0_drops");
  EXPECT_EQ(family_name("rx_packets"), "received_packets");
  EXPECT_EQ(family_name("rx0_drops"), "rx0_drops");
  EXPECT_EQ(family_name("rx_rx_rx"), "received_rx_received") << "a '_' stands between two words once";
  EXPECT_EQ(family_name("rx__rx"), "received__received");
  EXPECT_EQ(family_name("tx_rx"), "transmitted_received");
  EXPECT_EQ(family_name("tx_xdp_tx"), "transmitted_xdp_transmitted");
  EXPECT_EQ(family_name("__"), "");
}

TEST(Ethtool, SpeedsOfLinkModes) {
  EXPECT_EQ(mode_of(0).name, "10baseT");
  EXPECT_EQ(mode_of(0).duplex, "half");
  EXPECT_EQ(mode_of(20).name, "10000baseR_FEC");
  EXPECT_EQ(mode_of(20).megabits, 10000U);
  EXPECT_EQ(mode_of(92).name, "10baseT1L");
  EXPECT_EQ(mode_of(101).duplex, "half");
  EXPECT_EQ(mode_of(124).megabits, 1600000U);
  for (const std::size_t no_speed : {6U, 13U, 51U, 74U, 125U, 255U}) {
    EXPECT_EQ(mode_of(no_speed).megabits, 0U) << no_speed;
  }
}

TEST(Ethtool, TheKernelCannotWriteBehindTheBuffer) {
  platform::ethtool::GuardedBuffer buffer;
  constexpr std::size_t kSize = 5000;
  auto* const memory = static_cast<char*>(buffer.reserve(kSize));
  ASSERT_NE(memory, nullptr);
  EXPECT_EQ(buffer.reserve(1), memory);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t end = (kSize + page - 1) / page * page;
  const platform::Fd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(::read(zero.get(), memory + end - 1, 1), 1);
  EXPECT_EQ(::read(zero.get(), memory + end, 1), -1);
  EXPECT_EQ(errno, EFAULT);
}

TEST(Ethtool, ADeviceThatIsNotThereIsSaidToBeGone) {
  platform::ethtool::Kernel kernel;
  platform::ethtool::Driver driver;
  platform::ethtool::Link link;
  std::size_t count = 1;
  EXPECT_EQ(kernel.driver("no-such-device", driver), ENODEV);
  EXPECT_EQ(kernel.link("a-name-that-is-too-long-for-a-device", link), ENODEV);
  EXPECT_EQ(kernel.count("no-such-device", count), ENODEV);
  EXPECT_EQ(count, 0U);
}

TEST(Ethtool, AWarmScrapeOfThisMachineAllocatesNothing) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/ethtool");
  write_text(copy.path() / "flags", "");
  for (const auto& device : fs::directory_iterator("/sys/class/net")) {
    fs::create_directories(copy.path() / "sys/class/net" / device.path().filename());
  }
  FixtureRun run(spec_of("ethtool"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  run.scrape();
  const std::size_t before = allocations();
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(allocations() - before, 0U);
  EXPECT_EQ(run.sink().notes().size(), 0U);
}

TEST(Ethtool, CountersThatChangeInNumberGetTheirNamesAnew) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/ethtool");
  FixtureRun run(spec_of("ethtool"), copy.path());
  run.scrape();
  const fs::path file = copy.path() / "devices/eth0/statistics";
  write_text(file, "NIC statistics:\n  caf\xe9: 4\n  _: 5\n  rx_fresh: 1\n  tx_packets: 2\n");
  run.scrape();
  EXPECT_NE(run.page().find("node_ethtool_received_fresh{device=\"eth0\"} 1\n"), std::string::npos);
  EXPECT_NE(run.page().find("# HELP node_ethtool_caf_ The driver's counter caf?.\n"), std::string::npos);
  EXPECT_EQ(run.page().find("node_ethtool_{"), std::string::npos);
  EXPECT_NE(run.page().find("node_ethtool_transmitted_packets_total{device=\"eth0\"} 2\n"), std::string::npos);
  EXPECT_EQ(run.page().find("received_packets_total{"), std::string::npos);
  write_text(file, "no stats available\n");
  run.scrape();
  EXPECT_EQ(run.page().find("received_fresh{"), std::string::npos);
}

TEST(Ethtool, ADriverThatRefusesIsAProblemAndOneThatDoesNotSayIsNone) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/ethtool");
  FixtureRun run(spec_of("ethtool"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::denied)], 1U);
  write_text(copy.path() / "devices/bond0/statistics", "ERROR: 95\n");
  run.scrape();
  EXPECT_TRUE(run.sink().notes().empty());
}

TEST(Ethtool, CountersAndDevicesAreChosenByName) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/ethtool");
  const std::string fixtures = "collector.ethtool.fixtures=$FIXTURE/devices\n";
  write_text(copy.path() / "flags", fixtures + "collector.ethtool.metrics-include=^rx_\n");
  {
    FixtureRun run(spec_of("ethtool"), copy.path());
    run.scrape();
    EXPECT_NE(run.page().find("node_ethtool_received_rx_crc{"), std::string::npos);
    EXPECT_EQ(run.page().find("node_ethtool_port"), std::string::npos);
    EXPECT_EQ(run.page().find("node_ethtool_transmitted"), std::string::npos);
  }
  write_text(copy.path() / "flags", fixtures + "collector.ethtool.device-exclude=^eth\n");
  {
    FixtureRun run(spec_of("ethtool"), copy.path());
    run.scrape();
    EXPECT_EQ(run.page().find("eth0"), std::string::npos);
    EXPECT_NE(run.page().find("fast0"), std::string::npos);
  }
  write_text(copy.path() / "flags", "collector.ethtool.device-exclude=a\ncollector.ethtool.device-include=b\n");
  EXPECT_THROW(FixtureRun(spec_of("ethtool"), copy.path()), exporter::OptionError);
}

}  // namespace
}  // namespace tests
