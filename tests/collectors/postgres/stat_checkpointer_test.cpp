#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatCheckpointer, StartsWithPostgres17) {
  const tests::QueryRun run(tests::spec_of("stat_checkpointer"));
  EXPECT_EQ(run.statement(160000), "");
  EXPECT_NE(run.statement(170000), "");
}

}  // namespace
