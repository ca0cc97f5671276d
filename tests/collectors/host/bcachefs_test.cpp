#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

class Bcachefs : public testing::Test {
 protected:
  bool has(std::string_view line) const { return run_.page().find(line) != std::string::npos; }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/bcachefs"};
  const fs::path folder_ = copy_.path() / "sys/fs/bcachefs/0a1b2c3d-0000-4000-8000-00000000cafe";
  FixtureRun run_{spec_of("bcachefs"), copy_.path()};
};

TEST_F(Bcachefs, ACountThatTouchesItsTimeIsCutOff) {
  run_.scrape();
  EXPECT_TRUE(has("error_type=\"ptr_to_missing\",uuid=\"0a1b2c3d-0000-4000-8000-00000000cafe\"} 123456789\n"));
  write_text(folder_ / "errors", "alone 5\nodd x 1\n");
  run_.scrape();
  EXPECT_TRUE(has("error_type=\"alone\",uuid=\"0a1b2c3d-0000-4000-8000-00000000cafe\"} 5\n"));
  EXPECT_FALSE(has("odd"));
  EXPECT_EQ(run_.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

TEST_F(Bcachefs, StatesAndCountersMayChange) {
  run_.scrape();
  write_text(folder_ / "dev-12/state", "[evacuating]\n");
  fs::remove(folder_ / "counters/gc-end");
  write_text(folder_ / "counters/fsync", "since mount: 1\nsince filesystem creation: 77\n");
  write_text(folder_ / "counters/odd", "since mount: 1\n");
  run_.scrape();
  EXPECT_TRUE(
      has("{device=\"12\",label=\"\",state=\"[evacuating]\",uuid=\"0a1b2c3d-0000-4000-8000-00000000cafe\"} 1\n"));
  EXPECT_FALSE(has("gc_end"));
  EXPECT_TRUE(has("node_bcachefs_fsync_total{uuid=\"0a1b2c3d-0000-4000-8000-00000000cafe\"} 77\n"));
  EXPECT_FALSE(has("odd"));
}

TEST_F(Bcachefs, AMachineWithoutBcachefsHasNoData) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  FixtureRun run(spec_of("bcachefs"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
  fs::remove_all(folder_);
  EXPECT_EQ(run_.scrape(), exporter::Outcome::no_data);
}

}  // namespace
}  // namespace tests
