#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatUserTables, SizesAreNotAskedBehindAnExclusiveLock) {
  const tests::QueryRun run(tests::spec_of("stat_user_tables"));
  EXPECT_EQ(run.statement(150000).find("_size("), std::string::npos);
  EXPECT_NE(run.statement(150000, 1).find("pg_table_size"), std::string::npos);
  EXPECT_NE(run.statement(150000, 1).find("mode = 'AccessExclusiveLock'"), std::string::npos);
  EXPECT_EQ(run.query(1).interval(), 300);
}

}  // namespace
