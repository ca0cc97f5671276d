#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(Database, AsksNoSizeThatWouldFail) {
  const tests::QueryRun run(tests::spec_of("database"));
  EXPECT_EQ(run.statement(150000).find("pg_database_size"), std::string::npos);
  EXPECT_NE(run.statement(150000, 1).find("pg_read_all_stats"), std::string::npos);
  EXPECT_EQ(run.statement(90600, 1).find("pg_read_all_stats"), std::string::npos);  // a role of PostgreSQL 10
}

TEST(Database, SizesAreReadBetweenScrapes) {
  const tests::QueryRun run(tests::spec_of("database"));
  EXPECT_EQ(run.query(0).interval(), 0);
  EXPECT_EQ(run.query(1).interval(), 300);
  EXPECT_EQ(run.query(1).scope(), exporter::postgres::Scope::server);  // one database knows of all
}

}  // namespace
