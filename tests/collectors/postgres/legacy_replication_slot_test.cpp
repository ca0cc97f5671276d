#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(LegacyReplicationSlot, WalStatusStartsWithPostgres13) {
  const tests::QueryRun run(tests::spec_of("legacy_replication_slot"));
  EXPECT_NE(run.statement(120000).find("NULL AS wal_status"), std::string::npos);
  EXPECT_NE(run.statement(130000).find("safe_wal_size AS safe_wal_size_bytes"), std::string::npos);
}

}  // namespace
