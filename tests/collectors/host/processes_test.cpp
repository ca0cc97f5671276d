#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

TEST(Processes, AProcessThatEndedInMidWalkIsPassedOver) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/processes");
  fs::remove(copy.path() / "proc/4242/stat");
  FixtureRun run(spec_of("processes"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("node_processes_pids 2\n"), std::string::npos);
  EXPECT_NE(run.page().find("node_processes_threads 2\n"), std::string::npos);
  EXPECT_TRUE(run.sink().notes().empty());
}

TEST(Processes, AThreadThatEndedInMidWalkIsPassedOver) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/processes");
  fs::remove(copy.path() / "proc/4242/task/4243/stat");
  FixtureRun run(spec_of("processes"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page().find("thread_state=\"D\""), std::string::npos);
  EXPECT_NE(run.page().find("node_processes_threads 5\n"), std::string::npos);
  EXPECT_TRUE(run.sink().notes().empty());
}

TEST(Processes, ALineThatCannotBeReadIsAProblemOfItsOwnProcess) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/processes");
  write_text(copy.path() / "proc/1/stat", "1 (init) S 0 1\n");
  FixtureRun run(spec_of("processes"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("node_processes_pids 2\n"), std::string::npos);
  ASSERT_EQ(run.sink().notes().size(), 1U);
  EXPECT_EQ(run.sink().notes()[0].kind, exporter::Problem::parse);
}

TEST(Processes, WithoutLimitsTheRestIsShown) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/processes");
  fs::remove_all(copy.path() / "proc/sys");
  FixtureRun run(spec_of("processes"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page().find("node_processes_max"), std::string::npos);
  EXPECT_NE(run.page().find("node_processes_pids 3\n"), std::string::npos);
}

}  // namespace
}  // namespace tests
