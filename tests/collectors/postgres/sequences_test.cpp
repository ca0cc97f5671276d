#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(Sequences, OnlyThoseThatRunOutAndSeldom) {
  const tests::QueryRun run(tests::spec_of("sequences"));
  EXPECT_EQ(run.statement(90600), "");
  EXPECT_NE(run.statement(100000).find("used_ratio >= 0.5"), std::string::npos);
  EXPECT_EQ(run.query().interval(), 300);
}

}  // namespace
