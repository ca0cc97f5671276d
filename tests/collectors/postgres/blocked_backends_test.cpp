#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(BlockedBackends, BeginOfTheWaitStartsWithPostgres14) {
  const tests::QueryRun run(tests::spec_of("blocked_backends"));
  EXPECT_FALSE(has(run.statement(130000), "waitstart"));
  EXPECT_TRUE(has(run.statement(140000), "waitstart"));
}

// It would stop the lock manager for each session that waits.
TEST(BlockedBackends, DoesNotLookUpWhoBlocks) {
  const tests::QueryRun run(tests::spec_of("blocked_backends"));
  EXPECT_FALSE(has(run.statement(150000), "pg_blocking_pids"));
}

}  // namespace
