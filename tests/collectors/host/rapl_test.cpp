#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::Outcome;
using exporter::Problem;

class Rapl : public testing::Test {
 protected:
  tests::FixtureRun run() const { return {tests::spec_of("rapl"), copy_.path()}; }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/rapl"};
  const fs::path class_ = copy_.path() / "sys/class/powercap";
};

TEST_F(Rapl, TheZoneMayBeALabel) {
  tests::write_text(copy_.path() / "flags", "collector.rapl.enable-zone-label=true\n");
  auto zones = run();
  EXPECT_EQ(zones.scrape(), Outcome::ok);
  const std::string path = copy_.path().string() + "/sys/class/powercap/";
  EXPECT_NE(zones.page().find("node_rapl_joules_total{index=\"1\",path=\"" + path +
                              "intel-rapl:1\",rapl_zone=\"package\"} 3.000014\n"),
            std::string::npos)
      << zones.page();
  EXPECT_EQ(zones.page().find("node_rapl_package_joules_total"), std::string::npos);
}

TEST_F(Rapl, ZonesAreCountedAnewWhenOneIsGone) {
  auto zones = run();
  zones.scrape();
  fs::remove_all(class_ / "intel-rapl:0:0");
  zones.scrape();
  EXPECT_NE(zones.page().find("node_rapl_core_joules_total{index=\"0\",path=\"" + copy_.path().string() +
                              "/sys/class/powercap/intel-rapl:1:0\"} 0\n"),
            std::string::npos)
      << zones.page();
}

TEST_F(Rapl, UnreadableCountersAreNoDataAndSaidToBeDenied) {
  for (const auto& entry : fs::directory_iterator(class_)) {
    const auto file = entry.path() / "energy_uj";
    if (fs::exists(file)) {
      fs::permissions(file, fs::perms::none);
    }
  }
  auto zones = run();
  const auto outcome = zones.scrape();
  if (::geteuid() == 0) {
    EXPECT_EQ(outcome, Outcome::ok);  // root may read everything
  } else {
    EXPECT_EQ(outcome, Outcome::no_data);
    EXPECT_EQ(zones.sink().problems()[static_cast<std::size_t>(Problem::denied)], 5U);
  }
}

TEST_F(Rapl, AnEmptyClassIsASuccessAndAMissingOneIsNoData) {
  const auto at_once = [&] {
    auto scrape = run();
    EXPECT_TRUE(scrape.collector().nothing_to_read());
    return scrape.collector().outcome_of_nothing();
  };
  EXPECT_FALSE(run().collector().nothing_to_read());
  fs::remove_all(class_);
  EXPECT_EQ(at_once(), Outcome::no_data);
  fs::create_directories(class_);
  EXPECT_EQ(at_once(), Outcome::ok);
}

}  // namespace
