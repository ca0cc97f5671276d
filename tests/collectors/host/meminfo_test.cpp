#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Meminfo : public testing::Test {
 protected:
  void meminfo(std::string_view text) const { tests::write_text(copy_.path() / "proc/meminfo", text); }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/meminfo"};
  tests::FixtureRun run_{tests::spec_of("meminfo"), copy_.path()};
};

TEST_F(Meminfo, LeavesOutWhatItCannotRead) {
  // A number that is none, an unknown unit, more bytes than 64 bits hold, a line without a name.
  meminfo("MemTotal: x kB\nMemFree: 1 MB\nCached: 18446744073709551615 kB\n: 1 kB\nDirty: 4 kB\n");
  EXPECT_EQ(run_.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run_.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 4U);
  EXPECT_EQ(run_.page(),
            "# HELP node_memory_Dirty_bytes The field Dirty of /proc/meminfo, in bytes.\n"
            "# TYPE node_memory_Dirty_bytes gauge\n"
            "node_memory_Dirty_bytes 4096\n");
}

TEST_F(Meminfo, TellsAMissingFileFromAnUnreadableOne) {
  std::filesystem::remove(copy_.path() / "proc/meminfo");
  EXPECT_EQ(run_.scrape(), exporter::Outcome::no_data);
  EXPECT_TRUE(run_.sink().notes().empty());
  std::filesystem::create_directory(copy_.path() / "proc/meminfo");
  EXPECT_EQ(run_.scrape(), exporter::Outcome::failed);
  EXPECT_EQ(run_.sink().problems()[static_cast<std::size_t>(exporter::Problem::io)], 1U);
}

TEST_F(Meminfo, FollowsFieldsThatComeAndGo) {
  meminfo("MemTotal: 1 kB\nZswap: 2 kB\n");
  run_.scrape();
  meminfo("MemTotal: 1 kB\nNewField(x): 7 kB\n");
  run_.scrape();
  EXPECT_EQ(run_.page().find("Zswap"), std::string::npos);
  EXPECT_NE(run_.page().find("\nnode_memory_NewField_x_bytes 7168\n"), std::string::npos);
  meminfo("Zswap: 3 kB\nMemTotal: 1 kB\n");
  run_.scrape();
  EXPECT_NE(run_.page().find("\nnode_memory_Zswap_bytes 3072\n"), std::string::npos);
  EXPECT_NE(run_.page().find("\nnode_memory_MemTotal_bytes 1024\n"), std::string::npos);
}

}  // namespace
