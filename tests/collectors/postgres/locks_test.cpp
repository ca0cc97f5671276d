#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(Locks, AModeWithoutColumnCostsOnlyItself) {
  tests::QueryRun run(tests::spec_of("locks"));
  EXPECT_EQ(run.read("datname\taccesssharelock\napp\t4\n"), exporter::Outcome::ok);
  EXPECT_EQ(run.problems(exporter::Problem::missing), 8U);
  EXPECT_NE(run.page().find("pg_locks_count{datname=\"app\",mode=\"accesssharelock\"} 4\n"), std::string::npos);
}

}  // namespace
