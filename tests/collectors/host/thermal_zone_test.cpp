#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::Outcome;
using exporter::Problem;

class ThermalZone : public testing::Test {
 protected:
  tests::FixtureRun run() const { return {tests::spec_of("thermal_zone"), copy_.path()}; }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/thermal_zone"};
  const fs::path class_ = copy_.path() / "sys/class/thermal";
};

TEST_F(ThermalZone, AZoneWithoutTemperatureIsLeftOut) {
  auto zones = run();
  zones.scrape();
  EXPECT_EQ(zones.page().find("iwlwifi_1"), std::string::npos);
  tests::write_text(class_ / "thermal_zone1/temp", "hot\n");
  EXPECT_EQ(zones.scrape(), Outcome::ok);
  EXPECT_EQ(zones.sink().problems()[static_cast<std::size_t>(Problem::parse)], 1U);
  EXPECT_EQ(zones.page().find("acpitz"), std::string::npos);
  EXPECT_NE(zones.page().find("node_thermal_zone_temp{zone=\"0\",type=\"x86_pkg_temp\"} 47.25\n"), std::string::npos);
}

TEST_F(ThermalZone, StopsWhenTheTimeIsUp) {
  auto zones = run();
  EXPECT_EQ(zones.scrape(std::chrono::milliseconds(0)), Outcome::ok);
  EXPECT_EQ(zones.sink().problems()[static_cast<std::size_t>(Problem::deadline)], 1U);
  EXPECT_EQ(zones.page(), "");
}

TEST_F(ThermalZone, AMachineWithoutZonesIsASuccess) {
  EXPECT_FALSE(run().collector().nothing_to_read());
  fs::remove_all(class_);
  auto zones = run();
  EXPECT_TRUE(zones.collector().nothing_to_read());
  EXPECT_EQ(zones.collector().outcome_of_nothing(), Outcome::ok);
  EXPECT_EQ(zones.scrape(), Outcome::ok);
}

}  // namespace
