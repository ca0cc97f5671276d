#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::Outcome;
using exporter::Problem;

class Drm : public testing::Test {
 protected:
  tests::FixtureRun run() const { return {tests::spec_of("drm"), copy_.path()}; }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/drm"};
  const fs::path class_ = copy_.path() / "sys/class/drm";
};

TEST_F(Drm, OnlyCardsOfTheDriverAmdgpuAreShown) {
  auto cards = run();
  EXPECT_EQ(cards.scrape(), Outcome::ok);
  EXPECT_EQ(cards.page().find("card1"), std::string::npos);
  EXPECT_EQ(cards.page().find("card0-DP-1"), std::string::npos);
  EXPECT_NE(cards.page().find("node_drm_gpu_busy_percent{card=\"card2\"} 0\n"), std::string::npos);
}

TEST_F(Drm, TheInfoFollowsThePerformanceLevel) {
  auto cards = run();
  cards.scrape();
  tests::write_text(class_ / "card0/device/power_dpm_force_performance_level", "auto\n");
  cards.scrape();
  EXPECT_NE(cards.page().find(R"(power_performance_level="auto")"), std::string::npos);
  EXPECT_EQ(cards.page().find(R"(power_performance_level="manual")"), std::string::npos);
}

TEST_F(Drm, StopsWhenTheTimeIsUp) {
  auto cards = run();
  EXPECT_EQ(cards.scrape(std::chrono::milliseconds(0)), Outcome::ok);
  EXPECT_EQ(cards.sink().problems()[static_cast<std::size_t>(Problem::deadline)], 1U);
}

TEST_F(Drm, AMachineWithoutCardsIsASuccess) {
  EXPECT_FALSE(run().collector().nothing_to_read());
  for (const auto* const card : {"card0", "card1", "card2"}) {
    fs::remove_all(class_ / card);
  }
  EXPECT_TRUE(run().collector().nothing_to_read());
  EXPECT_EQ(run().collector().outcome_of_nothing(), Outcome::ok);
}

}  // namespace
