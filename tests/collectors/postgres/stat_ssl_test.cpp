#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(StatSsl, LeavesOutItsOwnConnectionAndTheServersProcesses) {
  const tests::QueryRun run(tests::spec_of("stat_ssl"));
  EXPECT_EQ(run.statement(90600), "");
  EXPECT_TRUE(has(run.statement(150000), "IN ('client backend', 'walsender')"));
  EXPECT_TRUE(has(run.statement(150000), "pid <> pg_backend_pid()"));
}

}  // namespace
