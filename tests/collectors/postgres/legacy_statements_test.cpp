#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(LegacyStatements, NeedsNoTexts) {
  const tests::QueryRun run(tests::spec_of("legacy_statements"));
  EXPECT_EQ(run.statement(96000), "");
  EXPECT_NE(run.statement(150000).find("pg_stat_statements(false)"), std::string::npos);
}

}  // namespace
