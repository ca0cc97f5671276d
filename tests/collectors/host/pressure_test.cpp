#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;

class Pressure : public testing::Test {
 protected:
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/pressure"};
  tests::FixtureRun run_{tests::spec_of("pressure"), copy_.path()};
};

TEST_F(Pressure, HasNoDataOnAKernelWithoutIt) {
  fs::remove_all(copy_.path() / "proc/pressure");
  EXPECT_EQ(run_.scrape(), exporter::Outcome::no_data);
  EXPECT_EQ(run_.page(), "");
  EXPECT_TRUE(run_.sink().notes().empty());
}

TEST_F(Pressure, DoesWithoutIrq) {
  fs::remove(copy_.path() / "proc/pressure/irq");
  EXPECT_EQ(run_.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(run_.sink().notes().empty());
  EXPECT_EQ(run_.page().find("irq"), std::string::npos);
  EXPECT_NE(run_.page().find("\nnode_pressure_io_stalled_seconds_total 159.229614\n"), std::string::npos);
}

TEST_F(Pressure, LeavesOutALineWithoutTotal) {
  tests::write_text(copy_.path() / "proc/pressure/memory", "some avg10=0.00\nfull total=2000000\n");
  EXPECT_EQ(run_.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run_.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
  EXPECT_EQ(run_.page().find("node_pressure_memory_waiting"), std::string::npos);
  EXPECT_NE(run_.page().find("\nnode_pressure_memory_stalled_seconds_total 2\n"), std::string::npos);
}

}  // namespace
