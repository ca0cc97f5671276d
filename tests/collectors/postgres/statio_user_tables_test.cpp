#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatioUserTables, EmptyDatabaseHasNoFamilies) {
  tests::QueryRun run(tests::spec_of("statio_user_tables"));
  EXPECT_EQ(run.read("datname\tschemaname\trelname\theap_blocks_read\n"), exporter::Outcome::ok);
  EXPECT_EQ(run.page(), "");
}

}  // namespace
