#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

class Nvme : public testing::Test {
 protected:
  fs::path device(std::string_view name) const { return copy_.path() / "sys/class/nvme" / name; }
  static bool has(const FixtureRun& run, std::string_view text) { return run.page().find(text) != std::string::npos; }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/nvme"};
};

TEST_F(Nvme, TheSizeIsInSectorsAndTheUseInLogicalBlocks) {
  FixtureRun run(spec_of("nvme"), copy_.path());
  run.scrape();
  EXPECT_TRUE(has(run, "node_nvme_namespace_size_bytes{device=\"nvme0\",nsid=\"1\"} 1024000\n"));  // 2000 * 512
  EXPECT_TRUE(has(run, "node_nvme_namespace_used_bytes{device=\"nvme0\",nsid=\"1\"} 512000\n"));   // 125 * 4096
}

TEST_F(Nvme, AKernelThatDoesNotTellTheUseStillTellsTheRest) {
  fs::remove(device("nvme0/nvme0n1/nuse"));
  FixtureRun run(spec_of("nvme"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_FALSE(has(run, "node_nvme_namespace_used_bytes"));
  EXPECT_TRUE(has(run, "node_nvme_namespace_capacity_bytes{device=\"nvme0\",nsid=\"1\"}"));
}

TEST_F(Nvme, AChangedStateReplacesTheOldOne) {
  FixtureRun run(spec_of("nvme"), copy_.path());
  run.scrape();
  EXPECT_TRUE(has(run, "state=\"connecting\""));
  write_text(device("nvme1/state"), "live\n");
  write_text(device("nvme1/nvme0c1n22/ana_state"), "optimized\n");
  run.scrape();
  EXPECT_FALSE(has(run, "state=\"connecting\""));
  EXPECT_TRUE(has(run, "node_nvme_namespace_info{ana_state=\"optimized\",device=\"nvme1\",nsid=\"22\"} 1\n"));
}

TEST_F(Nvme, ASizeThatDoesNotFitIsLeftOutAndCounted) {
  write_text(device("nvme0/nvme0n1/size"), "18446744073709551615\n");
  FixtureRun run(spec_of("nvme"), copy_.path());
  run.scrape();
  EXPECT_FALSE(has(run, "node_nvme_namespace_size_bytes{device=\"nvme0\""));
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 2U);
}

TEST_F(Nvme, WithoutTheClassThereIsNoData) {
  fs::remove_all(device(""));
  FixtureRun run(spec_of("nvme"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

}  // namespace
}  // namespace tests
