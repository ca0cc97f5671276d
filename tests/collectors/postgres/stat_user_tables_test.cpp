#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatUserTables, SizesAreNotAskedBehindAnExclusiveLock) {
  const tests::QueryRun run(tests::spec_of("stat_user_tables"));
  const std::string sql = run.statement(150000);
  EXPECT_NE(sql.find("CASE WHEN open THEN pg_table_size(relid) END"), std::string::npos);
  EXPECT_NE(sql.find("mode = 'AccessExclusiveLock'"), std::string::npos);
}

}  // namespace
