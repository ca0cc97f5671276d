#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(StatProgress, AsksTheViewsThatTheVersionHas) {
  const tests::QueryRun run(tests::spec_of("stat_progress"));
  EXPECT_EQ(run.statement(110000), "");
  EXPECT_TRUE(has(run.statement(120000), "FROM pg_stat_progress_create_index"));
  EXPECT_FALSE(has(run.statement(120000), "FROM pg_stat_progress_analyze"));
  EXPECT_FALSE(has(run.statement(130000), "FROM pg_stat_progress_copy"));
  EXPECT_TRUE(has(run.statement(140000), "FROM pg_stat_progress_copy"));
  EXPECT_FALSE(has(run.statement(160000), "tuples_skipped"));
  EXPECT_TRUE(has(run.statement(170000), "tuples_skipped"));
  EXPECT_FALSE(has(run.statement(170000), "delay_time"));
  EXPECT_TRUE(has(run.statement(180000), "delay_time / 1000"));
}

TEST(StatProgress, NumbersThatAreHiddenAreLeftOut) {
  tests::QueryRun run(tests::spec_of("stat_progress"));
  EXPECT_EQ(run.read("view\tdatname\trelname\tindex\tcommand\tphase\tphases\trunning\tv0\n"
                     "analyze\tapp\t16402\t\\N\t\\N\t\\N\t1\t1\t\\N\nanalyze\tapp\t16402\t\\N\t\\N\t\\N\t0\t1\t\\N\n"),
            exporter::Outcome::ok);
  EXPECT_EQ(run.page(), "");
}

}  // namespace
