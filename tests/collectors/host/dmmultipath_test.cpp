#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

class DmMultipath : public testing::Test {
 protected:
  bool has(std::string_view line) const { return run_.page().find(line) != std::string::npos; }
  fs::path block(std::string_view name) const { return copy_.path() / "sys/block" / name; }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/dmmultipath"};
  FixtureRun run_{spec_of("dmmultipath"), copy_.path()};
};

TEST_F(DmMultipath, ADiskThatIsGoneIsNoGoodPath) {
  EXPECT_EQ(run_.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has("node_dmmultipath_device_paths{device=\"mpathb\",sysfs_name=\"dm-2\"} 2\n"));
  EXPECT_TRUE(has("node_dmmultipath_device_paths_failed{device=\"mpathb\",sysfs_name=\"dm-2\"} 1\n"));
  EXPECT_FALSE(has("path=\"sdq\""));
  EXPECT_EQ(run_.sink().notes().size(), 0U);
}

TEST_F(DmMultipath, WhatCannotBeReadIsNeitherActiveNorFailed) {
  fs::remove(block("sdb/device/state"));
  fs::create_directory(block("sdb/device/state"));
  run_.scrape();
  EXPECT_TRUE(has("node_dmmultipath_device_paths{device=\"mpatha\",sysfs_name=\"dm-1\"} 2\n"));
  EXPECT_FALSE(has("node_dmmultipath_device_paths_failed{device=\"mpatha\""));
  EXPECT_FALSE(has("node_dmmultipath_device_paths_active{device=\"mpatha\""));
  EXPECT_EQ(run_.sink().problems()[static_cast<std::size_t>(exporter::Problem::io)], 1U);
}

TEST_F(DmMultipath, StatesAndNamesMayChange) {
  run_.scrape();
  write_text(block("sdc/device/state"), "running\n");
  write_text(block("dm-1/dm/name"), "data\n");
  run_.scrape();
  EXPECT_TRUE(has("node_dmmultipath_path_state{device=\"data\",path=\"sdc\",state=\"running\"} 1\n"));
  EXPECT_TRUE(has("node_dmmultipath_device_paths_active{device=\"data\",sysfs_name=\"dm-1\"} 2\n"));
  EXPECT_FALSE(has("mpatha\""));
  EXPECT_FALSE(has("transport-offline"));
}

TEST_F(DmMultipath, AMachineWithoutMultipathIsASuccessWithoutSamples) {
  for (const std::string_view name : {"dm-1", "dm-2"}) {
    fs::remove_all(block(name));
  }
  EXPECT_EQ(run_.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run_.page(), "");
}

}  // namespace
}  // namespace tests
