#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(StatRecoveryPrefetch, StartsWithPostgres15AndIsForStandbys) {
  const tests::QueryRun run(tests::spec_of("stat_recovery_prefetch"));
  EXPECT_EQ(run.statement(140000), "");
  EXPECT_TRUE(has(run.statement(150000), "WHERE pg_is_in_recovery()"));
}

}  // namespace
