#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::Outcome;

class Runit : public testing::Test {
 protected:
  static bool has(const tests::FixtureRun& run, std::string_view text) {
    return run.page().find(text) != std::string::npos;
  }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/runit"};
  const fs::path services_ = copy_.path() / "root/etc/service";
};

TEST_F(Runit, SeesAStatusThatWasPutInThePlaceOfTheOldOne) {
  tests::FixtureRun run(tests::spec_of("runit"), copy_.path());
  run.scrape();
  EXPECT_TRUE(has(run, "node_service_state{service=\"cron\",supervisor=\"runit\"} 1\n"));
  std::string status = tests::read_text(services_ / "cron/supervise/status");
  status[19] = 0;
  tests::write_text(services_ / "cron/supervise/status.new", status);
  fs::rename(services_ / "cron/supervise/status.new", services_ / "cron/supervise/status");
  run.scrape();
  EXPECT_TRUE(has(run, "node_service_state{service=\"cron\",supervisor=\"runit\"} 0\n"));
}

TEST_F(Runit, FollowsLinksAndPassesOverHiddenNames) {
  fs::create_directory_symlink("cron", services_ / "linked");
  fs::rename(services_ / "spare", services_ / ".spare");
  tests::FixtureRun run(tests::spec_of("runit"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::ok);
  EXPECT_TRUE(has(run, "{service=\"linked\","));
  EXPECT_FALSE(has(run, "spare"));
}

TEST_F(Runit, ATimeBefore1970IsLeftOut) {
  std::string status = tests::read_text(services_ / "cron/supervise/status");
  status[0] = 0;
  tests::write_text(services_ / "cron/supervise/status", status);
  tests::FixtureRun run(tests::spec_of("runit"), copy_.path());
  run.scrape();
  EXPECT_FALSE(has(run, "timestamp_seconds{service=\"cron\""));
  EXPECT_TRUE(has(run, "node_service_desired_state{service=\"cron\",supervisor=\"runit\"} 1\n"));
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

TEST_F(Runit, WithoutTheFolderThereIsNoData) {
  tests::write_text(copy_.path() / "flags", "collector.runit.servicedir=/var/service\n");
  tests::FixtureRun run(tests::spec_of("runit"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::no_data);
}

}  // namespace
