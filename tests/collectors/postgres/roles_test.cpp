#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(Roles, LeavesOutALimitThatIsNoNumber) {
  tests::QueryRun run(tests::spec_of("roles"));
  EXPECT_EQ(run.read("rolname\tconnection_limit\na\tx\nb\t3\n"), exporter::Outcome::ok);
  EXPECT_EQ(run.problems(exporter::Problem::parse), 1U);
  EXPECT_NE(run.page().find("{rolname=\"b\"} 3\n"), std::string::npos);
  EXPECT_EQ(run.page().find("\"a\""), std::string::npos);
}

}  // namespace
