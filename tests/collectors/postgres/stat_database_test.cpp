#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatDatabase, ActiveTimeStartsWithPostgres14) {
  const tests::QueryRun run(tests::spec_of("stat_database"));
  EXPECT_EQ(run.statement(130000).find("active_time"), std::string::npos);
  EXPECT_NE(run.statement(140000).find("active_time / 1000"), std::string::npos);
}

TEST(StatDatabase, CountersBeyondADoubleStayExact) {
  tests::QueryRun run(tests::spec_of("stat_database"));
  EXPECT_EQ(run.read("datid\tdatname\txact_commit\n1\ta\t9223372036854775807\n"), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("{datid=\"1\",datname=\"a\"} 9223372036854775807\n"), std::string::npos);
}

TEST(StatDatabase, AsksWhatTheVersionHas) {
  const tests::QueryRun run(tests::spec_of("stat_database"));
  EXPECT_EQ(run.statement(110000).find("checksum"), std::string::npos);
  EXPECT_NE(run.statement(120000).find("checksum_failures AS checksum_failures_total"), std::string::npos);
  EXPECT_EQ(run.statement(130000).find("sessions"), std::string::npos);
  EXPECT_NE(run.statement(140000).find("session_time / 1000 AS session_time_seconds_total"), std::string::npos);
  EXPECT_EQ(run.statement(170000).find("parallel_workers"), std::string::npos);
  EXPECT_NE(run.statement(180000).find("parallel_workers_launched AS"), std::string::npos);
}

}  // namespace
