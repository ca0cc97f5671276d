#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

TEST(Loadavg, LeavesOutOnlyTheNumberItCannotRead) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/loadavg");
  tests::write_text(copy.path() / "proc/loadavg", "0.21 x 0.39 1/719 19737\n");
  tests::FixtureRun run(tests::spec_of("loadavg"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
  const std::string page = run.page();
  EXPECT_NE(page.find("node_load1 0.21\n"), std::string::npos);
  EXPECT_EQ(page.find("node_load5"), std::string::npos);
  EXPECT_NE(page.find("node_load15 0.39\n"), std::string::npos);
}

}  // namespace
