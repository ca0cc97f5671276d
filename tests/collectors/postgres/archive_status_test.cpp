#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(ArchiveStatus, StartsWithPostgres12) {
  const tests::QueryRun run(tests::spec_of("archive_status"));
  EXPECT_EQ(run.statement(110000), "");
  EXPECT_NE(run.statement(120000), "");
}

}  // namespace
