#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(StatWal, WritesAndSyncsAreFoundWhereEachVersionCountsThem) {
  const tests::QueryRun run(tests::spec_of("stat_wal"));
  EXPECT_EQ(run.statement(130000), "");
  EXPECT_TRUE(has(run.statement(170000), "wal_write AS write_total"));
  EXPECT_FALSE(has(run.statement(180000), "wal_write"));
  EXPECT_TRUE(has(run.statement(180000), "sum(writes) AS write_total"));
}

}  // namespace
