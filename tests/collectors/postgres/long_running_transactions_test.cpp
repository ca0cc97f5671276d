#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(LongRunningTransactions, NoneIsZero) {
  tests::QueryRun run(tests::spec_of("long_running_transactions"));
  EXPECT_EQ(run.read("transactions\ttransactions_oldest_timestamp_seconds\n0\t0\n"), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("pg_long_running_transactions 0\n"), std::string::npos);
  EXPECT_NE(run.page().find("pg_long_running_transactions_oldest_timestamp_seconds 0\n"), std::string::npos);
}

}  // namespace
