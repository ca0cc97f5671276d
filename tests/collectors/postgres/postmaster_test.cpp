#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(Postmaster, KeepsTheFraction) {
  tests::QueryRun run(tests::spec_of("postmaster"));
  EXPECT_EQ(run.read("start_time_seconds\n1795231267.123456\n"), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("pg_postmaster_start_time_seconds 1795231267.123456\n"), std::string::npos);
}

}  // namespace
