#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

// postgres_exporter leaves the database out, which only works with one.
TEST(StatioUserIndexes, IsOffAndAskedOfEveryDatabase) {
  const tests::QueryRun run(tests::spec_of("statio_user_indexes"));
  EXPECT_FALSE(tests::spec_of("statio_user_indexes").on_by_default);
  EXPECT_EQ(run.query().scope(), exporter::postgres::Scope::database);
}

}  // namespace
