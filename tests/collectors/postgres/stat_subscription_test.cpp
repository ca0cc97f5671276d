#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(StatSubscription, AsksWhatTheVersionHas) {
  const tests::QueryRun run(tests::spec_of("stat_subscription"));
  EXPECT_EQ(run.statement(90600), "");
  EXPECT_FALSE(has(run.statement(130000), "pg_subscription o"));  // closed to all but superusers
  EXPECT_TRUE(has(run.statement(140000), "o.subdbid"));
  EXPECT_FALSE(has(run.statement(140000), "pg_stat_subscription_stats"));
  EXPECT_FALSE(has(run.statement(150000), "leader_pid"));
  EXPECT_TRUE(has(run.statement(150000), "apply_errors_total"));
  EXPECT_TRUE(has(run.statement(160000), "count(leader_pid) AS parallel_workers"));
  EXPECT_FALSE(has(run.statement(170000), "confl_"));
  EXPECT_TRUE(has(run.statement(180000), "max(e.confl_insert_exists) AS confl_insert_exists_total"));
}

}  // namespace
