#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Netstat : public testing::Test {
 protected:
  void put(std::string_view file, std::string_view text) { tests::write_text(copy_.path() / "proc/net" / file, text); }
  tests::FixtureRun run() { return {tests::spec_of("netstat"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/netstat"};
};

TEST_F(Netstat, AValueTooFewCostsItsProtocolOnly) {
  put("snmp", "Udp: InErrors NoPorts\nUdp: 4\nTcp: InErrs\nTcp: 6\n");
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(unreadable(page), 1U);
  EXPECT_FALSE(has(page, "Udp_"));
  EXPECT_TRUE(has(page, "node_netstat_Tcp_InErrs 6\n"));
}

TEST_F(Netstat, AValueOutOfRangeIsLeftOut) {
  put("snmp", "Udp: InErrors NoPorts\nUdp: 18446744073709551616 5\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 1U);
  EXPECT_FALSE(has(page, "Udp_InErrors"));
  EXPECT_TRUE(has(page, "node_netstat_Udp_NoPorts 5\n"));
}

TEST_F(Netstat, ANewFieldShiftsTheOthersAndIsNoticed) {
  auto page = run();
  page.scrape();
  put("snmp", "Tcp: InErrs New ActiveOpens\nTcp: 1 2 3\n");
  put("snmp6", "Icmp6InMsgs 5\nUdp6NoPorts 6\n");
  page.scrape();
  EXPECT_TRUE(has(page, "node_netstat_Tcp_InErrs 1\n"));
  EXPECT_TRUE(has(page, "node_netstat_Tcp_ActiveOpens 3\n"));
  EXPECT_TRUE(has(page, "node_netstat_Icmp6_InMsgs 5\n"));
  EXPECT_TRUE(has(page, "node_netstat_Udp6_NoPorts 6\n"));
  EXPECT_FALSE(has(page, "Ip6_InOctets"));
}

TEST_F(Netstat, WithoutIpv6NothingIsAmiss) {
  std::filesystem::remove(copy_.path() / "proc/net/snmp6");
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(page.sink().notes().empty());
}

TEST_F(Netstat, AnotherPatternShowsNegativeNumbersAndDynamicIcmpTypes) {
  tests::write_text(copy_.path() / "flags", "collector.netstat.fields=MaxConn|IcmpMsg\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "node_netstat_Tcp_MaxConn -1\n"));
  EXPECT_TRUE(has(page, "node_netstat_IcmpMsg_OutType3 61\n"));
  EXPECT_FALSE(has(page, "Udp"));
}

TEST_F(Netstat, NoFilesMeansNoData) {
  std::filesystem::remove_all(copy_.path() / "proc/net");
  EXPECT_EQ(run().scrape(), exporter::Outcome::no_data);
}

}  // namespace
