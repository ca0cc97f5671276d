#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatDatabaseConflicts, LogicalSlotsStartWithPostgres16) {
  const tests::QueryRun run(tests::spec_of("stat_database_conflicts"));
  EXPECT_EQ(run.statement(150000).find("logicalslot"), std::string::npos);
  EXPECT_NE(run.statement(160000).find("logicalslot"), std::string::npos);
}

}  // namespace
