#include <gtest/gtest.h>

#include "tests/support/allocations.h"
#include "tests/support/fixture.h"

namespace {

class Mountstats : public testing::Test {
 protected:
  void put(std::string_view file, std::string_view text) { tests::write_text(copy_.path() / "proc/self" / file, text); }
  // One NFS mount with `lines` as its statistics.
  void one_mount(std::string_view lines) {
    put("mountinfo", "40 21 0:42 / /mnt rw - nfs4 nas:/a rw,vers=4.2,addr=192.0.2.7,proto=tcp\n");
    put("mountstats", std::string("device nas:/a mounted on /mnt with fstype nfs4 statvers=1.1\n").append(lines));
  }
  tests::FixtureRun run() { return {tests::spec_of("mountstats"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/mountstats"};
};

TEST_F(Mountstats, WithoutNfsTheStatisticsAreNotRead) {
  put("mountinfo", "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
  std::filesystem::remove(copy_.path() / "proc/self/mountstats");
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(page.page(), "");
}

TEST_F(Mountstats, AnRdmaTransportHasNoQueues) {
  one_mount("\txprt:\trdma 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page,
                  "node_mountstats_nfs_transport_backlog_queue_total{export=\"nas:/a\",protocol=\"rdma\","
                  "mountaddr=\"192.0.2.7\",transport=\"0\"} 10\n"));
  EXPECT_TRUE(has(page,
                  "node_mountstats_nfs_transport_maximum_rpc_slots{export=\"nas:/a\",protocol=\"rdma\","
                  "mountaddr=\"192.0.2.7\",transport=\"0\"} 0\n"));
}

TEST_F(Mountstats, AnUnknownTransportIsCounted) {
  one_mount("\tage:\t7\n\txprt:\tpigeon 1 2\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 1U);
  EXPECT_FALSE(has(page, "transport"));
  EXPECT_TRUE(has(page, "protocol=\"pigeon\",mountaddr=\"192.0.2.7\"} 7\n"));
}

TEST_F(Mountstats, AMountWithoutATransportIsNotShown) {
  one_mount("\tage:\t7\n");
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(page.page(), "");
}

TEST_F(Mountstats, AMissingValueIsNotZero) {
  one_mount("\tbytes:\t1 2 3\n\txprt:\ttcp 1 2 3 4 5 6 7 8 9 10\n\tper-op statistics\n\t  READ: 1 2 3 4 5\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 5U + 3U + 3U);
  EXPECT_TRUE(has(page, "node_mountstats_nfs_direct_read_bytes_total"));
  EXPECT_FALSE(has(page, "node_mountstats_nfs_direct_write_bytes_total"));
  EXPECT_FALSE(has(page, "rpc_slots"));
  EXPECT_FALSE(has(page, "queue_time"));
}

TEST_F(Mountstats, WhenTheFirstMountOfAShareGoesTheSecondShowsIt) {
  auto page = run();
  page.scrape();
  put("mountinfo", "41 21 0:42 /x /mnt/again rw - nfs4 nas:/a\\040b rw,addr=192.0.2.7\n");
  put("mountstats",
      "device nas:/a\\040b mounted on /mnt/again with fstype nfs4 statvers=1.1\n\tage:\t3\n"
      "\txprt:\ttcp 1 2 3 4 5 6 7 8 9 10 11 12 13\n");
  page.scrape();
  EXPECT_TRUE(has(page,
                  "node_mountstats_nfs_age_seconds_total{export=\"nas:/a b\",protocol=\"tcp\","
                  "mountaddr=\"192.0.2.7\"} 3\n"));
  EXPECT_FALSE(has(page, "udp"));
  EXPECT_FALSE(has(page, "mountpoint=\"/mnt/a b\""));
}

TEST_F(Mountstats, AWarmScrapeAllocatesNothing) {
  auto page = run();
  page.scrape();
  page.scrape();
  const std::size_t before = tests::allocations();
  page.scrape();
  EXPECT_EQ(tests::allocations() - before, 0U);
}

}  // namespace
