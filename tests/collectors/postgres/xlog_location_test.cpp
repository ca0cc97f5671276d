#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(XlogLocation, EndsWithPostgres10) {
  const tests::QueryRun run(tests::spec_of("xlog_location"));
  EXPECT_NE(run.statement(90624), "");
  EXPECT_EQ(run.statement(100000), "");
}

}  // namespace
