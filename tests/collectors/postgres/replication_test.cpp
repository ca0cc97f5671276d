#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(Replication, UsesTheNamesOfTheServersVersion) {
  const tests::QueryRun run(tests::spec_of("replication"));
  EXPECT_NE(run.statement(90600).find("pg_last_xlog_replay_location()"), std::string::npos);
  EXPECT_NE(run.statement(150000).find("pg_last_wal_replay_lsn()"), std::string::npos);
}

}  // namespace
