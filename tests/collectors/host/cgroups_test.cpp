#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Cgroups : public testing::Test {
 protected:
  void put(std::string_view text) { tests::write_text(copy_.path() / "proc/cgroups", text); }
  tests::FixtureRun run() { return {tests::spec_of("cgroups"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/cgroups"};
};

TEST_F(Cgroups, AShortLineCostsItsControllerOnly) {
  put("#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\nio\t0\t7\t1\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 1U);
  EXPECT_FALSE(has(page, "cpu"));
  EXPECT_TRUE(has(page, "node_cgroups_cgroups{subsys_name=\"io\"} 7\n"));
  EXPECT_TRUE(has(page, "node_cgroups_enabled{subsys_name=\"io\"} 1\n"));
}

TEST_F(Cgroups, AKernelWithoutTheFileHasNoData) {
  std::filesystem::remove(copy_.path() / "proc/cgroups");
  EXPECT_EQ(run().scrape(), exporter::Outcome::no_data);
}

}  // namespace
