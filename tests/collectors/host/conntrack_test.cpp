#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Conntrack : public testing::Test {
 protected:
  void put(std::string_view text) { tests::write_text(copy_.path() / "proc/net/stat/nf_conntrack", text); }
  tests::FixtureRun run() { return {tests::spec_of("conntrack"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/conntrack"};
};

TEST_F(Conntrack, ColumnsAreFoundByTheirNames) {
  put("drop new found\n1 2 a\n2 2 b\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "node_nf_conntrack_stat_drop 3\n"));
  EXPECT_TRUE(has(page, "node_nf_conntrack_stat_found 21\n"));
  EXPECT_FALSE(has(page, "stat_invalid"));
}

TEST_F(Conntrack, ASumThatLacksACpuIsNotShown) {
  put("found invalid drop\n1 2 3\n1 x\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "node_nf_conntrack_stat_found 2\n"));
  EXPECT_FALSE(has(page, "stat_invalid"));
  EXPECT_FALSE(has(page, "stat_drop"));
}

TEST_F(Conntrack, AKernelWithoutTheStatisticsStillHasItsTable) {
  std::filesystem::remove(copy_.path() / "proc/net/stat/nf_conntrack");
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(page.sink().notes().empty());
  EXPECT_TRUE(has(page, "node_nf_conntrack_entries 431\n"));
}

TEST_F(Conntrack, WithoutTheModuleThereIsNoData) {
  std::filesystem::remove(copy_.path() / "proc/sys/net/netfilter/nf_conntrack_count");
  EXPECT_EQ(run().scrape(), exporter::Outcome::no_data);
}

}  // namespace
