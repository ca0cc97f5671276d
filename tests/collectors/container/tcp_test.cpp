#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;

namespace {

TEST(ContainerTcp, ALateScrapeLeavesOutTablesAndSaysSo) {
  tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "container/tcp");
  tests::FixtureRun run(tests::spec_of("container.tcp"), copy.path());
  run.scrape(std::chrono::milliseconds(0));
  EXPECT_EQ(run.page(), "");
  EXPECT_GT(run.sink().problems()[static_cast<std::size_t>(Problem::deadline)], 0U);
}

}  // namespace
