#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::Outcome;
using exporter::Problem;

class PowerSupplyClass : public testing::Test {
 protected:
  tests::FixtureRun run() const { return {tests::spec_of("powersupplyclass"), copy_.path()}; }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/powersupplyclass"};
  const fs::path class_ = copy_.path() / "sys/class/power_supply";
};

TEST_F(PowerSupplyClass, IgnoredSuppliesAreLeftOut) {
  tests::write_text(copy_.path() / "flags", "collector.powersupply.ignored-supplies=^BAT\n");
  auto supplies = run();
  EXPECT_EQ(supplies.scrape(), Outcome::ok);
  EXPECT_EQ(supplies.page().find("BAT0"), std::string::npos);
  EXPECT_NE(supplies.page().find("node_power_supply_info{power_supply=\"AC\",type=\"Mains\"} 1\n"), std::string::npos);
}

TEST_F(PowerSupplyClass, TheInfoFollowsItsTexts) {
  auto supplies = run();
  supplies.scrape();
  EXPECT_NE(supplies.page().find(R"(status="Full")"), std::string::npos);
  tests::write_text(class_ / "BAT0/status", "Discharging\n");
  supplies.scrape();
  EXPECT_NE(supplies.page().find(R"(status="Discharging")"), std::string::npos);
  EXPECT_EQ(supplies.page().find(R"(status="Full")"), std::string::npos);
}

TEST_F(PowerSupplyClass, CountsWhatIsNoNumberAndGoesOn) {
  tests::write_text(class_ / "BAT0/capacity", "much\n");
  auto supplies = run();
  EXPECT_EQ(supplies.scrape(), Outcome::ok);
  EXPECT_EQ(supplies.sink().problems()[static_cast<std::size_t>(Problem::parse)], 1U);
  EXPECT_EQ(supplies.page().find("node_power_supply_capacity{"), std::string::npos);
  EXPECT_NE(supplies.page().find("node_power_supply_online{power_supply=\"AC\"} 0\n"), std::string::npos);
}

TEST_F(PowerSupplyClass, StopsWhenTheTimeIsUp) {
  auto supplies = run();
  EXPECT_EQ(supplies.scrape(std::chrono::milliseconds(0)), Outcome::ok);
  EXPECT_EQ(supplies.sink().problems()[static_cast<std::size_t>(Problem::deadline)], 1U);
}

TEST_F(PowerSupplyClass, AnEmptyClassIsASuccessAndAMissingOneIsNoData) {
  const auto at_once = [&] {
    auto scrape = run();
    EXPECT_TRUE(scrape.collector().nothing_to_read());
    return scrape.collector().outcome_of_nothing();
  };
  EXPECT_FALSE(run().collector().nothing_to_read());
  fs::remove_all(class_);
  EXPECT_EQ(at_once(), Outcome::no_data);
  EXPECT_EQ(run().scrape(), Outcome::no_data);
  fs::create_directories(class_);
  EXPECT_EQ(at_once(), Outcome::ok);
}

}  // namespace
