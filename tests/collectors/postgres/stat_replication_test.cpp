#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatReplication, ReceiversOfOneNameStayApart) {
  tests::QueryRun run(tests::spec_of("stat_replication"));
  EXPECT_EQ(run.read("application_name\tclient_addr\tstate\tslot_name\tpid\tpg_wal_lsn_diff\n"
                     "w\t10.0.0.2/32\tstreaming\t\\N\t1\t5\nw\t10.0.0.2/32\tstreaming\t\\N\t2\t6\n"),
            exporter::Outcome::ok);
  EXPECT_NE(run.page().find("slot_name=\"\",pid=\"1\"} 5\n"), std::string::npos);
  EXPECT_NE(run.page().find("slot_name=\"\",pid=\"2\"} 6\n"), std::string::npos);
}

}  // namespace
