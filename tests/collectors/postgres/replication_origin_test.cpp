#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// The view is closed to pg_monitor; asking for it would fail.
TEST(ReplicationOrigin, AsksOnlyWhereItMay) {
  const tests::QueryRun run(tests::spec_of("replication_origin"));
  EXPECT_EQ(run.statement(90600), "");
  EXPECT_TRUE(has(run.statement(150000), "WHERE has_table_privilege('pg_replication_origin_status', 'SELECT')"));
}

}  // namespace
