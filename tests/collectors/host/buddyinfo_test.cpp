#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Buddyinfo : public testing::Test {
 protected:
  void put(std::string_view text) { tests::write_text(copy_.path() / "proc/buddyinfo", text); }
  tests::FixtureRun run() { return {tests::spec_of("buddyinfo"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/buddyinfo"};
};

TEST_F(Buddyinfo, ABadLineIsCountedAndTheOthersAreShown) {
  put("Node 0 zone DMA 1\nNode 0, zone DMA32 x 2\nNode 12, zone Movable 3\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 2U);
  EXPECT_FALSE(has(page, "zone=\"DMA\""));
  EXPECT_FALSE(has(page, "zone=\"DMA32\",size=\"0\""));
  EXPECT_TRUE(has(page, "node_buddyinfo_blocks{node=\"0\",zone=\"DMA32\",size=\"1\"} 2\n"));
  EXPECT_TRUE(has(page, "node_buddyinfo_blocks{node=\"12\",zone=\"Movable\",size=\"0\"} 3\n"));
}

}  // namespace
