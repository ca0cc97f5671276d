#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;

class Diskstats : public testing::Test {
 protected:
  tests::FixtureRun run() const { return {tests::spec_of("diskstats"), copy_.path()}; }
  std::string page() const {
    tests::FixtureRun disks = run();
    disks.scrape();
    return disks.page();
  }
  void flags(std::string_view text) const { tests::write_text(copy_.path() / "flags", text); }
  static bool has(const std::string& page, std::string_view device) {
    return page.find("node_disk_io_now{device=\"" + std::string(device) + "\"}") != std::string::npos;
  }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/diskstats"};
};

TEST_F(Diskstats, TheListOfDevicesToShowReplacesTheDefaultExclusion) {
  flags("collector.diskstats.device-include=^(loop0|sda1)$\n");
  const auto text = page();
  EXPECT_TRUE(has(text, "loop0"));
  EXPECT_TRUE(has(text, "sda1"));
  EXPECT_FALSE(has(text, "sda"));
  EXPECT_FALSE(has(text, "vda"));
}

TEST_F(Diskstats, ExcludesByTheNewAndTheOldName) {
  for (const auto* name : {"device-exclude", "ignored-devices"}) {
    flags("collector.diskstats." + std::string(name) + "=^(vda|dm-)\n");
    const auto text = page();
    EXPECT_TRUE(has(text, "loop0"));
    EXPECT_TRUE(has(text, "sda1"));
    EXPECT_FALSE(has(text, "dm-0"));
    EXPECT_FALSE(has(text, "vda"));
  }
}

TEST_F(Diskstats, AnEmptyExclusionShowsEverything) {
  flags("collector.diskstats.device-exclude=\n");
  EXPECT_TRUE(has(page(), "loop0"));
}

TEST_F(Diskstats, RefusesContradictingFilters) {
  flags("collector.diskstats.device-exclude=a\ncollector.diskstats.device-include=b\n");
  EXPECT_THROW(run(), exporter::OptionError);
  flags("collector.diskstats.device-exclude=a\ncollector.diskstats.ignored-devices=b\n");
  EXPECT_THROW(run(), exporter::OptionError);
}

TEST_F(Diskstats, LeavesOutShortLinesAndBadNumbers) {
  tests::write_text(copy_.path() / "proc/diskstats",
                    "8 0 sda 1 2 3 4 5 6 7 8 9 10\n"
                    "8 16\n"
                    "8 16 sdb x 2 36028797018963968 4 5 6 7 8 9 10 11 12\n");
  tests::FixtureRun disks = run();
  EXPECT_EQ(disks.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(disks.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 4U);
  const auto text = disks.page();
  EXPECT_EQ(text.find("device=\"sda\""), std::string::npos);
  EXPECT_EQ(text.find("node_disk_reads_completed_total"), std::string::npos);
  EXPECT_EQ(text.find("node_disk_read_bytes_total"), std::string::npos);
  EXPECT_NE(text.find("\nnode_disk_written_bytes_total{device=\"sdb\"} 3584\n"), std::string::npos);
  EXPECT_NE(text.find("\nnode_disk_discards_completed_total{device=\"sdb\"} 12\n"), std::string::npos);
  EXPECT_EQ(text.find("node_disk_discards_merged_total"), std::string::npos);
}

TEST_F(Diskstats, ReadsUdevAgainWhenItChanged) {
  tests::FixtureRun disks = run();
  disks.scrape();
  EXPECT_NE(disks.page().find("serial=\"virtio-1\""), std::string::npos);
  tests::write_text(copy_.path() / "udev/b254:0.new", "E:ID_SERIAL=virtio-2\nE:ID_FS_TYPE=xfs\n");
  fs::rename(copy_.path() / "udev/b254:0.new", copy_.path() / "udev/b254:0");
  disks.scrape();
  EXPECT_NE(disks.page().find("serial=\"virtio-2\""), std::string::npos);
  EXPECT_NE(disks.page().find(R"(node_disk_filesystem_info{device="vda",type="xfs",usage="",uuid="",version=""} 1)"),
            std::string::npos);
  fs::remove(copy_.path() / "udev/b254:0");
  disks.scrape();
  EXPECT_NE(disks.page().find(R"(node_disk_info{device="vda",major="254",minor="0",model="",path="",revision="",)"
                              R"(rotational="0",serial="",wwn=""} 1)"),
            std::string::npos);
}

TEST_F(Diskstats, TakesANameWithOtherNumbersForAnotherDevice) {
  tests::write_text(copy_.path() / "proc/diskstats", "254 0 vda 1 2 3 4 5 6 7 8 9 10 11\n");
  tests::FixtureRun disks = run();
  disks.scrape();
  EXPECT_NE(disks.page().find("serial=\"virtio-1\""), std::string::npos);
  tests::write_text(copy_.path() / "proc/diskstats", "254 16 vda 1 2 3 4 5 6 7 8 9 10 11\n");
  disks.scrape();
  EXPECT_NE(disks.page().find(R"(minor="16",model="",path="",revision="",rotational="0",serial="")"),
            std::string::npos);
}

TEST_F(Diskstats, DescribesDevicesWithoutUdev) {
  fs::remove_all(copy_.path() / "udev");
  EXPECT_NE(page().find(R"(node_disk_info{device="sda",major="8",minor="0",model="",path="",revision="",)"
                        R"(rotational="1",serial="",wwn=""} 1)"),
            std::string::npos);
}

}  // namespace
