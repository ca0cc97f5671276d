#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(LegacyDatabase, AsksWhatTheVersionHas) {
  const tests::QueryRun run(tests::spec_of("legacy_database"));
  EXPECT_FALSE(has(run.statement(110000), "checksum"));
  EXPECT_TRUE(has(run.statement(120000), "checksum_failures"));
  EXPECT_FALSE(has(run.statement(130000), "sessions"));
  EXPECT_TRUE(has(run.statement(140000), "sessions_killed"));
}

}  // namespace
