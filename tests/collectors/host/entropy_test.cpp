#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;

class Entropy : public testing::Test {
 protected:
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/entropy"};
  const fs::path folder_ = copy_.path() / "proc/sys/kernel/random";
  tests::FixtureRun run_{tests::spec_of("entropy"), copy_.path()};
};

TEST_F(Entropy, ShowsWhatIsThere) {
  fs::remove(folder_ / "poolsize");
  EXPECT_EQ(run_.scrape(), exporter::Outcome::ok);
  EXPECT_NE(run_.page().find("\nnode_entropy_available_bits 1337\n"), std::string::npos);
  EXPECT_EQ(run_.page().find("node_entropy_pool_size_bits"), std::string::npos);
  fs::remove(folder_ / "entropy_avail");
  tests::FixtureRun none(tests::spec_of("entropy"), copy_.path());
  EXPECT_EQ(none.scrape(), exporter::Outcome::no_data);
  EXPECT_EQ(none.page(), "");
}

TEST_F(Entropy, CountsWhatIsNoNumber) {
  tests::write_text(folder_ / "poolsize", "many\n");
  EXPECT_EQ(run_.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run_.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

}  // namespace
