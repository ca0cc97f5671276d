#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Xfrm : public testing::Test {
 protected:
  void put(std::string_view text) { tests::write_text(copy_.path() / "proc/net/xfrm_stat", text); }
  tests::FixtureRun run() { return {tests::spec_of("xfrm"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/xfrm"};
};

TEST_F(Xfrm, RowsAreFoundInAnyOrder) {
  put("XfrmAcquireError 5\nXfrmNew 6\nXfrmInError 7\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 0U);
  EXPECT_TRUE(has(page, "node_xfrm_acquire_error_packets_total 5\n"));
  EXPECT_TRUE(has(page, "node_xfrm_in_error_packets_total 7\n"));
  EXPECT_TRUE(has(page, "node_xfrm_fwd_hdr_error_packets_total 0\n"));
}

TEST_F(Xfrm, ABadNumberIsLeftOut) {
  put("XfrmInError -1\nXfrmOutError 2\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 1U);
  EXPECT_FALSE(has(page, "node_xfrm_in_error_packets_total"));
  EXPECT_TRUE(has(page, "node_xfrm_out_error_packets_total 2\n"));
}

}  // namespace
