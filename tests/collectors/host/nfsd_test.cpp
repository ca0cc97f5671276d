#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Nfsd : public testing::Test {
 protected:
  void put(std::string_view text) { tests::write_text(copy_.path() / "proc/net/rpc/nfsd", text); }
  tests::FixtureRun run() { return {tests::spec_of("nfsd"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/nfsd"};
};

TEST_F(Nfsd, OperationsThatAnOlderKernelDoesNotKnowWereNotServed) {
  put("proc4ops 5 0 0 0 8 9\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "node_nfsd_requests_total{method=\"Close\",proto=\"4\"} 9\n"));
  EXPECT_TRUE(has(page, "node_nfsd_requests_total{method=\"RelLockOwner\",proto=\"4\"} 0\n"));
  EXPECT_TRUE(has(page, "node_nfsd_requests_total{method=\"WdelegGetattr\",proto=\"4\"} 0\n"));
  EXPECT_FALSE(has(page, "method=\"\""));
  EXPECT_FALSE(has(page, "node_nfsd_server_threads"));
}

TEST_F(Nfsd, ABadNumberCostsItsSampleOnly) {
  put("rc 1 x 3\nproc2 2 x 5\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 1U);  // the null procedure's, in the second line, is not shown
  EXPECT_TRUE(has(page, "node_nfsd_reply_cache_hits_total 1\n"));
  EXPECT_FALSE(has(page, "cache_misses"));
  EXPECT_TRUE(has(page, "node_nfsd_requests_total{method=\"GetAttr\",proto=\"2\"} 5\n"));
}

}  // namespace
