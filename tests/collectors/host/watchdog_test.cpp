#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

class Watchdog : public testing::Test {
 protected:
  fs::path device(std::string_view name) const { return copy_.path() / "sys/class/watchdog" / name; }
  static bool has(const FixtureRun& run, std::string_view text) { return run.page().find(text) != std::string::npos; }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/watchdog"};
};

TEST_F(Watchdog, ANumberThatIsNoneIsCountedAndLeftOut) {
  FixtureRun run(spec_of("watchdog"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_FALSE(has(run, "node_watchdog_timeleft_seconds{name=\"watchdog1\"}"));
  EXPECT_TRUE(has(run, "node_watchdog_bootstatus{name=\"watchdog1\"} -1\n"));
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

TEST_F(Watchdog, ADeviceThatSaysNothingIsStillShown) {
  fs::create_directory(device("watchdog2"));
  FixtureRun run(spec_of("watchdog"), copy_.path());
  run.scrape();
  EXPECT_TRUE(has(run,
                  "node_watchdog_info{identity=\"\",name=\"watchdog2\",options=\"\",pretimeout_governor=\"\","
                  "state=\"\",status=\"\"} 1\n"));
}

TEST_F(Watchdog, AClassWithoutDevicesIsNoFailure) {
  fs::remove_all(device("watchdog0"));
  fs::remove_all(device("watchdog1"));
  FixtureRun run(spec_of("watchdog"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page(), "");
}

TEST_F(Watchdog, WithoutTheClassThereIsNoData) {
  fs::remove_all(device(""));
  FixtureRun run(spec_of("watchdog"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

}  // namespace
}  // namespace tests
