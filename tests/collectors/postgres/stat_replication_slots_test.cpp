#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatReplicationSlots, StartsWithPostgres14) {
  const tests::QueryRun run(tests::spec_of("stat_replication_slots"));
  EXPECT_EQ(run.statement(130000), "");
  EXPECT_NE(run.statement(140000), "");
}

}  // namespace
