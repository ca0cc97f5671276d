#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Nfs : public testing::Test {
 protected:
  void put(std::string_view text) { tests::write_text(copy_.path() / "proc/net/rpc/nfs", text); }
  tests::FixtureRun run() { return {tests::spec_of("nfs"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/nfs"};
};

TEST_F(Nfs, AnOlderKernelCountsFewerProcedures) {
  put("proc4 3 5 6 7\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 0U);
  EXPECT_TRUE(has(page, "node_nfs_requests_total{method=\"Write\",proto=\"4\"} 7\n"));
  EXPECT_TRUE(has(page, "node_nfs_requests_total{method=\"Clone\",proto=\"4\"} 0\n"));
  EXPECT_TRUE(has(page, "node_nfs_requests_total{method=\"Null\",proto=\"2\"} 0\n"));
}

TEST_F(Nfs, ALineThatWasCutCostsItsVersionOnly) {
  put("proc3 3 1 2 3\nproc4 4 5 6 7\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 1U);
  EXPECT_TRUE(has(page, "proto=\"3\"} 3\n"));
  EXPECT_FALSE(has(page, "proto=\"4\""));
}

TEST_F(Nfs, AMissingValueIsNotZero) {
  put("net 1 2\nnew 7\nrpc 3 4 5\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "node_nfs_packets_total{protocol=\"udp\"} 2\n"));
  EXPECT_FALSE(has(page, "protocol=\"tcp\""));
  EXPECT_FALSE(has(page, "connections"));
  EXPECT_TRUE(has(page, "node_nfs_rpcs_total 3\n"));
}

TEST_F(Nfs, WithoutTheClientThereIsNoData) {
  std::filesystem::remove(copy_.path() / "proc/net/rpc/nfs");
  EXPECT_EQ(run().scrape(), exporter::Outcome::no_data);
}

}  // namespace
