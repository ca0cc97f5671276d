#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(LegacyServer, AsksWhatTheVersionHas) {
  const tests::QueryRun run(tests::spec_of("legacy_server"));
  EXPECT_TRUE(has(run.statement(130000), "pg_stat_ssl WHERE compression"));
  EXPECT_FALSE(has(run.statement(140000), "pg_stat_ssl"));
  EXPECT_TRUE(has(run.statement(160000), "buffers_backend"));
  EXPECT_FALSE(has(run.statement(170000), "buffers_backend"));
  EXPECT_TRUE(has(run.statement(170000), "num_timed AS stat_bgwriter_checkpoints_timed"));
}

// Else each scrape would use up a transaction id, and fail on a standby.
TEST(LegacyServer, TakesNoTransactionId) {
  const tests::QueryRun run(tests::spec_of("legacy_server"));
  EXPECT_FALSE(has(run.statement(150000), "txid_current()"));
}

}  // namespace
