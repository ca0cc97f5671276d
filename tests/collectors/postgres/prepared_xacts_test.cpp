#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// An alert on the age must have something to look at.
TEST(PreparedXacts, NoneIsZero) {
  const tests::QueryRun run(tests::spec_of("prepared_xacts"));
  EXPECT_TRUE(has(run.statement(150000), "coalesce(extract(epoch FROM max(clock_timestamp() - prepared)), 0)"));
}

}  // namespace
