#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(XminHorizon, SendersAreStandbysAndNotBackends) {
  const tests::QueryRun run(tests::spec_of("xmin_horizon"));
  EXPECT_TRUE(has(run.statement(150000), "backend_type <> 'walsender'"));
  EXPECT_FALSE(has(run.statement(90600), "backend_type"));  // senders are no sessions there
}

TEST(XminHorizon, LeavesOutItsOwnSnapshot) {
  const tests::QueryRun run(tests::spec_of("xmin_horizon"));
  EXPECT_TRUE(has(run.statement(150000), "pid <> pg_backend_pid()"));
}

}  // namespace
