#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatCheckpointer, StartsWithPostgres17) {
  const tests::QueryRun run(tests::spec_of("stat_checkpointer"));
  EXPECT_EQ(run.statement(160000), "");
  EXPECT_NE(run.statement(170000), "");
  EXPECT_TRUE(tests::spec_of("stat_checkpointer").on_by_default);
}

TEST(StatCheckpointer, CompletedOnesStartWithPostgres18) {
  const tests::QueryRun run(tests::spec_of("stat_checkpointer"));
  EXPECT_EQ(run.statement(170000).find("num_done"), std::string::npos);
  EXPECT_NE(run.statement(180000).find("num_done AS num_done_total"), std::string::npos);
}

}  // namespace
