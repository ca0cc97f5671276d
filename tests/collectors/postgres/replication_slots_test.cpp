#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(ReplicationSlots, WalStatusStartsWithPostgres13) {
  const tests::QueryRun run(tests::spec_of("replication_slots"));
  EXPECT_NE(run.statement(120000).find("NULL AS wal_status"), std::string::npos);
  EXPECT_NE(run.statement(130000).find("safe_wal_size AS safe_wal_size_bytes"), std::string::npos);
  EXPECT_NE(run.statement(90600).find("pg_xlog_location_diff"), std::string::npos);
}

TEST(ReplicationSlots, ReasonsOfInvalidationStartWithPostgres17) {
  const tests::QueryRun run(tests::spec_of("replication_slots"));
  EXPECT_NE(run.statement(160000).find("NULL AS invalidation_reason, conflicting::int"), std::string::npos);
  EXPECT_NE(run.statement(170000).find("extract(epoch FROM inactive_since)"), std::string::npos);
}

}  // namespace
