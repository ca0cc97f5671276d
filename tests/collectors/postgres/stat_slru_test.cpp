#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(StatSlru, CachesHaveTheNamesOfPostgres17OnAllVersions) {
  const tests::QueryRun run(tests::spec_of("stat_slru"));
  EXPECT_EQ(run.statement(120000), "");
  EXPECT_TRUE(has(run.statement(160000), "WHEN 'Xact' THEN 'transaction'"));
  EXPECT_TRUE(run.statement(170000).starts_with("SELECT name AS name,"));
}

}  // namespace
