#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

class Zfs : public testing::Test {
 protected:
  static bool has(const FixtureRun& run, std::string_view line) { return run.page().find(line) != std::string::npos; }
  fs::path kstat(std::string_view name) const { return copy_.path() / "proc/spl/kstat/zfs" / name; }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/zfs"};
};

TEST_F(Zfs, AMachineWithoutTheModuleHasNoData) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  FixtureRun run(spec_of("zfs"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

TEST_F(Zfs, ARenamedDatasetGetsItsNewName) {
  FixtureRun run(spec_of("zfs"), copy_.path());
  run.scrape();
  const std::string text = read_text(kstat("tank/objset-0x36"));
  const auto at = text.find("tank/two  words");
  // Written in place, as the kernel's file stays the same one.
  write_text(kstat("tank/objset-0x36"), std::string(text).replace(at, 15, "tank/new"));
  run.scrape();
  EXPECT_TRUE(has(run, "node_zfs_zpool_dataset_writes{dataset=\"tank/new\",zpool=\"tank\"} 4\n"));
  EXPECT_FALSE(has(run, "two"));
}

TEST_F(Zfs, PoolsAndDatasetsComeAndGo) {
  FixtureRun run(spec_of("zfs"), copy_.path());
  run.scrape();
  fs::remove_all(kstat("backup"));
  fs::create_directory(kstat("cold"));
  write_text(kstat("cold/state"), "ONLINE\n");
  fs::remove(kstat("tank/objset-0x36"));
  run.scrape();
  EXPECT_FALSE(has(run, "backup"));
  EXPECT_FALSE(has(run, "dataset="));
  EXPECT_TRUE(has(run, "node_zfs_zpool_state{state=\"online\",zpool=\"cold\"} 1\n"));
}

TEST_F(Zfs, AStateOfALaterVersionIsNoneOfTheStates) {
  FixtureRun run(spec_of("zfs"), copy_.path());
  run.scrape();
  EXPECT_TRUE(has(run, "node_zfs_zpool_state{state=\"online\",zpool=\"backup\"} 0\n"));
  EXPECT_FALSE(has(run, "zpool=\"backup\"} 1\n"));
}

TEST_F(Zfs, ARowThatIsNoNumberCostsItsOwnSampleOnly) {
  write_text(kstat("zil"), "7 1 0x01 2 96 5 9\nname type data\nzil_itx_count 4 -1\nzil_commit_count 4 10\n");
  FixtureRun run(spec_of("zfs"), copy_.path());
  run.scrape();
  EXPECT_FALSE(has(run, "zil_itx_count"));
  EXPECT_TRUE(has(run, "node_zfs_zil_zil_commit_count 10\n"));
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

}  // namespace
}  // namespace tests
