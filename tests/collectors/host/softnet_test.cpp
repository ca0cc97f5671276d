#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Softnet : public testing::Test {
 protected:
  tests::FixtureRun run(std::string_view text) {
    tests::write_text(copy_.path() / "proc/net/softnet_stat", text);
    return {tests::spec_of("softnet"), copy_.path()};
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/softnet"};
};

TEST_F(Softnet, NineColumnsOfAnOldKernelCountTheRowAsCpu) {
  auto page = run("1 2 3 0 0 0 0 0 4\na 0 0 0 0 0 0 0 0\n");
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_NE(page.page().find("node_softnet_cpu_collision_total{cpu=\"0\"} 4\n"), std::string::npos);
  EXPECT_NE(page.page().find("node_softnet_processed_total{cpu=\"1\"} 10\n"), std::string::npos);
  EXPECT_NE(page.page().find("node_softnet_backlog_len{cpu=\"1\"} 0\n"), std::string::npos);
}

TEST_F(Softnet, AShortLineCostsItsCpuOnly) {
  auto page = run("1 2 3 4 5 6 7 8\n1 2 3 0 0 0 0 0 4\n");
  page.scrape();
  EXPECT_EQ(page.page().find("cpu=\"0\""), std::string::npos);
  EXPECT_NE(page.page().find("node_softnet_dropped_total{cpu=\"1\"} 2\n"), std::string::npos);
  EXPECT_EQ(page.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

}  // namespace
