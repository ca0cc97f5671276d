#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(DatabaseWraparound, NeedsMultixactAges) {
  const tests::QueryRun run(tests::spec_of("database_wraparound"));
  EXPECT_EQ(run.statement(90400), "");
  EXPECT_NE(run.statement(90500).find("mxid_age"), std::string::npos);
}

}  // namespace
