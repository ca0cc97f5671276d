#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatActivityAutovacuum, TablesOfOneNameAreOneSeries) {
  const tests::QueryRun run(tests::spec_of("stat_activity_autovacuum"));
  EXPECT_NE(run.statement(150000).find("min(xact_start)"), std::string::npos);
  EXPECT_TRUE(run.statement(150000).ends_with("GROUP BY 1"));
}

}  // namespace
