#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

TEST(Softirqs, AShortRowKeepsWhatItHas) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/softirqs");
  tests::write_text(copy.path() / "proc/softirqs", " CPU0 CPU3\n HI: 4\n TIMER: 5 6\n");
  tests::FixtureRun run(tests::spec_of("softirqs"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
  EXPECT_NE(run.page().find("{type=\"HI\",cpu=\"0\"} 4\n"), std::string::npos);
  EXPECT_NE(run.page().find("{type=\"TIMER\",cpu=\"3\"} 6\n"), std::string::npos);
}

}  // namespace
