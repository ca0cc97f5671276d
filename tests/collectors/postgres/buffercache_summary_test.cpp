#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(BuffercacheSummary, StartsWithPostgres16AndTheSchemaOfTheExtension) {
  const tests::QueryRun run(tests::spec_of("buffercache_summary"));
  EXPECT_EQ(run.statement(150000), "");
  EXPECT_NE(run.statement(160000).find("FROM %I.pg_buffercache_summary()', n.nspname)"), std::string::npos);
}

TEST(BuffercacheSummary, IsOffByDefault) { EXPECT_FALSE(tests::spec_of("buffercache_summary").on_by_default); }

}  // namespace
