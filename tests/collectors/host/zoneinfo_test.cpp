#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Zoneinfo : public testing::Test {
 protected:
  tests::FixtureRun run(std::string_view text) {
    tests::write_text(copy_.path() / "proc/zoneinfo", text);
    return {tests::spec_of("zoneinfo"), copy_.path()};
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/zoneinfo"};
};

TEST_F(Zoneinfo, TheSetsOfTheCpusAreSteppedOver) {
  auto page = run("Node 0, zone DMA\n  pagesets\n    min 7\nNode 1, zone DMA32\n  min 8\n  pagesets\n");
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(page.page().find("node=\"0\""), std::string::npos);
  EXPECT_NE(page.page().find("node_zoneinfo_min_pages{node=\"1\",zone=\"DMA32\"} 8\n"), std::string::npos);
}

TEST_F(Zoneinfo, NothingIsSaidOfAZoneWithoutAName) {
  auto page = run("Node 0\n  min 7\nNode 1, zone Normal\n  low 2x\n  protection: 1, 2\n  high 9\n");
  page.scrape();
  EXPECT_EQ(page.page().find("min_pages"), std::string::npos);
  EXPECT_EQ(page.page().find("low_pages"), std::string::npos);
  EXPECT_EQ(page.page().find("protection"), std::string::npos);
  EXPECT_NE(page.page().find("node_zoneinfo_high_pages{node=\"1\",zone=\"Normal\"} 9\n"), std::string::npos);
  EXPECT_EQ(page.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 3U);
}

}  // namespace
