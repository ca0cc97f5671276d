#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

TEST(Tapestats, IgnoredDevicesAreLeftOut) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/tapestats");
  write_text(copy.path() / "flags", "collector.tapestats.ignored-devices=^st0$\n");
  FixtureRun run(spec_of("tapestats"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page().find("st0"), std::string::npos);
  EXPECT_NE(run.page().find("node_tape_io_now{device=\"st1\"} 2\n"), std::string::npos);
}

TEST(Tapestats, AMachineWithoutTapesHasNoData) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  FixtureRun run(spec_of("tapestats"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

}  // namespace
}  // namespace tests
