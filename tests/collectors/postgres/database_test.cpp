#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(Database, AsksNoSizeThatWouldFail) {
  const tests::QueryRun run(tests::spec_of("database"));
  EXPECT_NE(run.statement(150000).find("pg_read_all_stats"), std::string::npos);
  EXPECT_EQ(run.statement(90600).find("pg_read_all_stats"), std::string::npos);  // a role of PostgreSQL 10
}

TEST(Database, LeavesOutOnlyTheSizeItMayNotSee) {
  tests::QueryRun run(tests::spec_of("database"));
  EXPECT_EQ(run.read("datname\tconnection_limit\tsize_bytes\nclosed\t7\t\\N\n"), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("pg_database_connection_limit{datname=\"closed\"} 7\n"), std::string::npos);
  EXPECT_EQ(run.page().find("size_bytes"), std::string::npos);
}

}  // namespace
