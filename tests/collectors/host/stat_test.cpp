#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

TEST(Stat, LeavesOutOnlyTheLineItCannotRead) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/stat");
  tests::write_text(copy.path() / "proc/stat",
                    "intr 18446744073709551615\nctxt 18446744073709551616\nprocs_running 3\n");
  tests::FixtureRun run(tests::spec_of("stat"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
  const std::string page = run.page();
  EXPECT_NE(page.find("node_intr_total 18446744073709551615\n"), std::string::npos);
  EXPECT_EQ(page.find("node_context_switches_total"), std::string::npos);
  EXPECT_NE(page.find("node_procs_running 3\n"), std::string::npos);
  EXPECT_EQ(page.find("node_boot_time_seconds"), std::string::npos);
}

TEST(Stat, ShowsSoftirqsOnlyWhenAskedTo) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/stat");
  std::filesystem::remove(copy.path() / "flags");
  tests::FixtureRun run(tests::spec_of("stat"), copy.path());
  run.scrape();
  EXPECT_EQ(run.page().find("node_softirqs_total"), std::string::npos);
}

}  // namespace
