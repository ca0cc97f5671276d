#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Lnstat : public testing::Test {
 protected:
  void put(std::string_view text) { tests::write_text(copy_.path() / "proc/net/stat/arp_cache", text); }
  tests::FixtureRun run() { return {tests::spec_of("lnstat"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/lnstat"};
};

TEST_F(Lnstat, ANewKernelsColumnsAreTakenUp) {
  auto page = run();
  page.scrape();
  put("entries hits\n1 2\n");
  std::filesystem::remove(copy_.path() / "proc/net/stat/synproxy");
  page.scrape();
  EXPECT_TRUE(has(page, "node_lnstat_hits_total{subsystem=\"arp_cache\",cpu=\"0\"} 2\n"));
  EXPECT_FALSE(has(page, "allocs"));
  EXPECT_FALSE(has(page, "cpu=\"1\""));
  EXPECT_FALSE(has(page, "synproxy"));
}

TEST_F(Lnstat, AMissingValueIsNotZero) {
  put("entries hits\n1\nfffffffff 2\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 1U);
  EXPECT_FALSE(has(page, "node_lnstat_hits_total{subsystem=\"arp_cache\",cpu=\"0\"}"));
  EXPECT_TRUE(has(page, "node_lnstat_entries_total{subsystem=\"arp_cache\",cpu=\"1\"} 68719476735\n"));
}

TEST_F(Lnstat, WithoutTheFolderThereIsNoData) {
  std::filesystem::remove_all(copy_.path() / "proc/net");
  EXPECT_EQ(run().scrape(), exporter::Outcome::no_data);
}

}  // namespace
