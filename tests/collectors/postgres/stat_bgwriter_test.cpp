#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatBgwriter, ReadsCheckpointsWhereEachVersionKeepsThem) {
  const tests::QueryRun run(tests::spec_of("stat_bgwriter"));
  EXPECT_EQ(run.statement(160000).find("pg_stat_checkpointer"), std::string::npos);
  EXPECT_NE(run.statement(170000).find("num_timed AS checkpoints_timed_total"), std::string::npos);
}

TEST(StatBgwriter, ColumnsThatAVersionLacksAreNoProblem) {
  tests::QueryRun run(tests::spec_of("stat_bgwriter"));
  EXPECT_EQ(run.read("buffers_clean_total\n5\n"), exporter::Outcome::ok);
  EXPECT_EQ(run.problems(exporter::Problem::missing), 0U);
  EXPECT_NE(run.page().find("pg_stat_bgwriter_buffers_clean_total 5\n"), std::string::npos);
  EXPECT_EQ(run.page().find("buffers_backend"), std::string::npos);
}

}  // namespace
