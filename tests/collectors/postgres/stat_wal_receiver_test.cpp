#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatWalReceiver, FlushedPositionStartsWithPostgres13) {
  const tests::QueryRun run(tests::spec_of("stat_wal_receiver"));
  EXPECT_EQ(run.statement(120000).find("flushed_lsn"), std::string::npos);
  EXPECT_NE(run.statement(130000).find("AS flushed_lsn FROM pg_stat_wal_receiver"), std::string::npos);
}

TEST(StatWalReceiver, AStandbyWithoutASlotIsShown) {
  tests::QueryRun run(tests::spec_of("stat_wal_receiver"));
  EXPECT_EQ(run.read("upstream_host\tslot_name\tstatus\treceived_tli\n\t\\N\tstreaming\t1\n"), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("received_tli{upstream_host=\"\",slot_name=\"\",status=\"streaming\"} 1\n"),
            std::string::npos);
}

}  // namespace
