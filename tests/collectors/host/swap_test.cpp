#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Swap : public testing::Test {
 protected:
  tests::FixtureRun run(std::string_view text) {
    tests::write_text(copy_.path() / "proc/swaps", text);
    return {tests::spec_of("swap"), copy_.path()};
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/swap"};
};

TEST_F(Swap, WithoutSwapThereIsNothingToShowAndNothingAmiss) {
  auto page = run("Filename Type Size Used Priority\n");
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(page.page(), "");
  EXPECT_TRUE(page.sink().notes().empty());
}

TEST_F(Swap, ABadLineCostsItsAreaOnly) {
  auto page = run("Filename Type Size Used Priority\n/a file 18446744073709551615 0 1\n/b file 3 2 1\n");
  page.scrape();
  EXPECT_EQ(page.page().find("/a"), std::string::npos);
  EXPECT_NE(page.page().find("node_swap_used_bytes{device=\"/b\",swap_type=\"file\"} 2048\n"), std::string::npos);
  EXPECT_EQ(page.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

}  // namespace
