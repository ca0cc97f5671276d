#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatReplication, ReceiversOfOneNameStayApart) {
  tests::QueryRun run(tests::spec_of("stat_replication"));
  EXPECT_EQ(run.read("application_name\tclient_addr\tstate\tslot_name\tpid\tsync_state\tpg_wal_lsn_diff\n"
                     "w\t10.0.0.2/32\tstreaming\t\\N\t1\tasync\t5\nw\t10.0.0.2/32\tstreaming\t\\N\t2\tasync\t6\n"),
            exporter::Outcome::ok);
  EXPECT_NE(run.page().find("slot_name=\"\",pid=\"1\",server=\"127.0.0.1:5432\"} 5\n"), std::string::npos);
  EXPECT_NE(run.page().find("slot_name=\"\",pid=\"2\",server=\"127.0.0.1:5432\"} 6\n"), std::string::npos);
}

TEST(StatReplication, LagInSecondsStartsWithPostgres10) {
  const tests::QueryRun run(tests::spec_of("stat_replication"));
  EXPECT_EQ(run.statement(90600).find("write_lag"), std::string::npos);
  EXPECT_NE(run.statement(100000).find("extract(epoch FROM replay_lag) AS replay_lag_seconds"), std::string::npos);
}

}  // namespace
