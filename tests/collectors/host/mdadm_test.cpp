#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

class Mdadm : public testing::Test {
 protected:
  // The page for an array whose lines are these.
  std::string page_of(std::string_view lines) {
    write_text(copy_.path() / "proc/mdstat",
               "Personalities : [raid5]\n" + std::string(lines) + "\nunused devices: <none>\n");
    FixtureRun run(spec_of("mdadm"), copy_.path());
    EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
    problems_ = run.sink().problems();
    return run.page();
  }
  std::uint32_t parse_problems() const { return problems_[static_cast<std::size_t>(exporter::Problem::parse)]; }
  static bool has(const std::string& page, std::string_view line) { return page.find(line) != std::string::npos; }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/mdadm"};
  std::array<std::uint32_t, exporter::kProblemKinds> problems_{};
};

TEST_F(Mdadm, AMachineWithoutTheDriverHasNoData) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  FixtureRun run(spec_of("mdadm"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

TEST_F(Mdadm, AReshapeIsNoneOfTheStates) {
  const std::string page = page_of(
      "md5 : active raid5 sda1[0] sdb1[1] sdc1[2]\n"
      "      4096 blocks super 1.2 level 5, 64k chunk, algorithm 2 [3/3] [UUU]\n"
      "      [=>.......]  reshape =  6.0% (123/2048) finish=17.0min speed=259K/sec\n");
  EXPECT_TRUE(has(page, "node_md_state{device=\"md5\",state=\"active\"} 0\n"));
  EXPECT_TRUE(has(page, "node_md_state{device=\"md5\",state=\"resync\"} 0\n"));
  EXPECT_TRUE(has(page, "node_md_blocks_synced{device=\"md5\"} 123\n"));
  EXPECT_EQ(parse_problems(), 0U);
}

TEST_F(Mdadm, ACheckShowsHowFarItIs) {
  const std::string page = page_of(
      "md5 : active raid1 sda1[0] sdb1[1]\n"
      "      4096 blocks [2/2] [UU]\n"
      "      bitmap: 0/30 pages [0KB], 65536KB chunk\n"
      "      [=>.......]  check =  5.7% (234/4096) finish=0.2min speed=114176K/sec\n");
  EXPECT_TRUE(has(page, "node_md_state{device=\"md5\",state=\"check\"} 1\n"));
  EXPECT_TRUE(has(page, "node_md_blocks_synced{device=\"md5\"} 234\n"));
}

TEST_F(Mdadm, WorkOnAnotherNodeOfTheClusterHasNoProgressHere) {
  const std::string page = page_of(
      "md5 : active raid1 sda1[0] sdb1[1]\n"
      "      4096 blocks [2/2] [UU]\n"
      "      \tresync=REMOTE\n");
  EXPECT_TRUE(has(page, "node_md_state{device=\"md5\",state=\"resync\"} 1\n"));
  EXPECT_FALSE(has(page, "node_md_blocks_synced"));
  EXPECT_EQ(parse_problems(), 0U);
}

TEST_F(Mdadm, AnArrayThatCannotBeReadCostsItsOwnSamplesOnly) {
  const std::string page = page_of(
      "md5 : active raid1 sda1[0]\n"
      "      many blocks [2/2] [UU]\n"
      "md6 : active raid1 sdb1[0]\n"
      "      64 blocks [2/1] [U_]\n");
  EXPECT_FALSE(has(page, "md5"));
  EXPECT_TRUE(has(page, "node_md_disks{device=\"md6\",state=\"active\"} 1\n"));
  EXPECT_EQ(parse_problems(), 1U);
}

TEST_F(Mdadm, OnlyLevelsWithoutRedundancyAreNeverDegraded) {
  fs::remove(copy_.path() / "sys/block/md1/md/degraded");
  const std::string page = page_of("md1 : active raid1 sda1[0]\n      64 blocks [2/1] [U_]\n");
  EXPECT_FALSE(has(page, "node_md_degraded{device=\"md1\"}"));
  EXPECT_TRUE(has(page, "node_md_degraded{device=\"md2\"} 0\n"));
}

TEST_F(Mdadm, WithoutArraysSysfsIsNotWalked) {
  EXPECT_EQ(page_of(""), "");
  EXPECT_EQ(parse_problems(), 0U);
}

}  // namespace
}  // namespace tests
