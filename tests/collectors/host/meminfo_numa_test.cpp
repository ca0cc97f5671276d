#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;

TEST(MeminfoNuma, ANodeMayComeAndGo) {
  const tests::FixtureCopy copy(fs::path(FIXTURES) / "host/meminfo_numa");
  const fs::path nodes = copy.path() / "sys/devices/system/node";
  tests::FixtureRun run(tests::spec_of("meminfo_numa"), copy.path());
  run.scrape();
  fs::remove_all(nodes / "node2");
  fs::create_directories(nodes / "node11");
  tests::write_text(nodes / "node11/meminfo", "Node 11 MemTotal: 2 kB\n");
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page().find("node=\"2\""), std::string::npos);
  EXPECT_NE(run.page().find("node_memory_numa_MemTotal{node=\"11\"} 2048\n"), std::string::npos);
}

TEST(MeminfoNuma, AValueBeyondItsRangeIsLeftOut) {
  const tests::FixtureCopy copy(fs::path(FIXTURES) / "host/meminfo_numa");
  tests::write_text(copy.path() / "sys/devices/system/node/node2/meminfo", "Node 2 MemFree: 18014398509481984 kB\n");
  tests::FixtureRun run(tests::spec_of("meminfo_numa"), copy.path());
  run.scrape();
  EXPECT_EQ(run.page().find("node_memory_numa_MemFree{node=\"2\"}"), std::string::npos);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

TEST(MeminfoNuma, AKernelWithoutNodesHasNoData) {
  const tests::FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  tests::FixtureRun run(tests::spec_of("meminfo_numa"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

}  // namespace
