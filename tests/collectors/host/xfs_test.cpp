#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

TEST(Xfs, AColumnThatIsNoNumberCostsItsOwnSampleOnly) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/xfs");
  FixtureRun run(spec_of("xfs"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  const std::string page = run.page();
  EXPECT_NE(page.find("node_xfs_directory_operation_lookup_total{device=\"dm-0\"} 1\n"), std::string::npos);
  EXPECT_EQ(page.find("node_xfs_directory_operation_create_total{device=\"dm-0\"}"), std::string::npos);
  EXPECT_NE(page.find("node_xfs_directory_operation_remove_total{device=\"dm-0\"} 3\n"), std::string::npos);
  // The word and the column that the row does not have.
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 2U);
}

TEST(Xfs, AMachineWithoutXfsIsASuccessWithoutSamples) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  FixtureRun run(spec_of("xfs"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page(), "");
}

}  // namespace
}  // namespace tests
