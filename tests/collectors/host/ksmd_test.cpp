#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

TEST(Ksmd, OlderKernelsHaveFewerFiles) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/ksmd");
  std::filesystem::remove(copy.path() / "sys/kernel/mm/ksm/general_profit");
  tests::FixtureRun run(tests::spec_of("ksmd"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(run.sink().notes().empty());
  EXPECT_EQ(run.page().find("node_ksmd_general_profit_bytes"), std::string::npos);
  EXPECT_NE(run.page().find("node_ksmd_sleep_seconds 0.02\n"), std::string::npos);
}

TEST(Ksmd, AKernelWithoutItHasNoData) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/loadavg");
  tests::FixtureRun run(tests::spec_of("ksmd"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

}  // namespace
