#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

TEST(Drbd, AValueThatCannotBeReadCostsItsOwnSampleOnly) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/drbd");
  write_text(copy.path() / "proc/drbd",
             " 1: cs:Connected ro:Primary ds:/UpToDate C r-----\n"
             "    ns:-1 nr:18014398509481984 dw:1 oos:\n");
  FixtureRun run(spec_of("drbd"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  const std::string page = run.page();
  EXPECT_NE(page.find("node_drbd_disk_written_bytes_total{device=\"drbd1\"} 1024\n"), std::string::npos);
  EXPECT_NE(page.find("node_drbd_connected{device=\"drbd1\"} 1\n"), std::string::npos);
  for (const std::string_view name : {"network", "role", "disk_state", "out_of_sync"}) {
    EXPECT_EQ(page.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 5U);
}

TEST(Drbd, AMachineWithoutDrbdHasNoData) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  FixtureRun run(spec_of("drbd"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

}  // namespace
}  // namespace tests
