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

}  // namespace
