#include <gtest/gtest.h>

#include "tests/support/allocations.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

TEST(NetworkRoute, AsksThisMachineAndAllocatesNothingWhenWarm) {
  const FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/loadavg");
  FixtureRun live(spec_of("network_route"), copy.path());
  ASSERT_EQ(live.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(parse_exposition(live.page()).errors.empty());
  live.scrape();
  const auto before = allocations();
  live.scrape();
  EXPECT_EQ(allocations() - before, 0U);
}

TEST(NetworkRoute, LinesThatAreNoMessagesAreAProblem) {
  const FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/network_route");
  write_text(copy.path() / "routes/messages",
             "24 zz\n24 0\nx 00\n24 02080000fe04000100000000080001000a0000000800040009000000\n");
  FixtureRun run(spec_of("network_route"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("{device=\"\",src=\"\",dest=\"10.0.0.0/8\",gw=\"\",priority=\"0\",proto=\"static\",weight"),
            std::string::npos);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

}  // namespace
}  // namespace tests
