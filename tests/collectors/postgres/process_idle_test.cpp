#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(ProcessIdle, ARowWithoutANumberIsNoHistogram) {
  tests::QueryRun run(tests::spec_of("process_idle"));
  const std::string head =
      "state\tapplication_name\tcount\tsum\tle_1\tle_2\tle_5\tle_15\tle_30\tle_60\tle_90\tle_120\tle_300\n";
  EXPECT_EQ(run.read(head + "idle\tx\t1\t9\t0\t0\t0\t1\tmany\t1\t1\t1\t1\nidle\ty\t1\t9\t0\t0\t0\t1\t1\t1\t1\t1\t1\n"),
            exporter::Outcome::ok);
  EXPECT_EQ(run.problems(exporter::Problem::parse), 1U);
  EXPECT_EQ(run.page().find("application_name=\"x\""), std::string::npos);
  EXPECT_NE(run.page().find("pg_process_idle_seconds_bucket{state=\"idle\",application_name=\"y\",le=\"15\"} 1\n"),
            std::string::npos);
}

TEST(ProcessIdle, NobodyIdleIsNoFailure) {
  tests::QueryRun run(tests::spec_of("process_idle"));
  EXPECT_EQ(
      run.read("state\tapplication_name\tcount\tsum\tle_1\tle_2\tle_5\tle_15\tle_30\tle_60\tle_90\tle_120\tle_300\n"),
      exporter::Outcome::ok);
  EXPECT_EQ(run.page(), "");
}

}  // namespace
