#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Schedstat : public testing::Test {
 protected:
  void put(std::string_view text) { tests::write_text(copy_.path() / "proc/schedstat", text); }
  tests::FixtureRun run() { return {tests::spec_of("schedstat"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/schedstat"};
};

TEST_F(Schedstat, AShortLineCostsItsCpuOnly) {
  put("cpu0 0 0 0 0 0 0 5 6\ncpu1 0 0 0 0 0 0 2000000000 6 7\n");
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(unreadable(page), 1U);
  EXPECT_FALSE(has(page, "cpu=\"0\""));
  EXPECT_TRUE(has(page, "node_schedstat_running_seconds_total{cpu=\"1\"} 2\n"));
}

TEST_F(Schedstat, AKernelWithoutTheFileHasNoData) {
  std::filesystem::remove(copy_.path() / "proc/schedstat");
  EXPECT_EQ(run().scrape(), exporter::Outcome::no_data);
}

}  // namespace
