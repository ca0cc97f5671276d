#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class UdpQueues : public testing::Test {
 protected:
  void put(std::string_view text) { tests::write_text(copy_.path() / "proc/net/udp", text); }
  tests::FixtureRun run() { return {tests::spec_of("udp_queues"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/udp_queues"};
};

TEST_F(UdpQueues, ABadLineIsCountedAndTheOthersAreSummed) {
  put("sl\n1: 0:0 0:0 07 00000001:00000002 0\n2: 0:0 0:0 07 0000000100000002 0\n3: 0:0 0:0 07 00000010:00000020 0\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 1U);
  EXPECT_TRUE(has(page, "node_udp_queues{ip=\"v4\",queue=\"tx\"} 17\n"));
  EXPECT_TRUE(has(page, "node_udp_queues{ip=\"v4\",queue=\"rx\"} 34\n"));
}

TEST_F(UdpQueues, NoSocketsMeansEmptyQueues) {
  put("   sl  local_address rem_address   st tx_queue rx_queue\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "node_udp_queues{ip=\"v4\",queue=\"rx\"} 0\n"));
}

TEST_F(UdpQueues, WithoutIpv6OnlyTheOtherQueuesAreShown) {
  std::filesystem::remove(copy_.path() / "proc/net/udp6");
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_FALSE(has(page, "v6"));
  EXPECT_TRUE(page.sink().notes().empty());
  std::filesystem::remove(copy_.path() / "proc/net/udp");
  EXPECT_EQ(run().scrape(), exporter::Outcome::no_data);
}

}  // namespace
