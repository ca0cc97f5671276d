#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatUserIndexes, TheLastScanIsKnownSince16) {
  const tests::QueryRun run(tests::spec_of("stat_user_indexes"));
  EXPECT_EQ(run.statement(150000).find("last_idx_scan"), std::string::npos);
  EXPECT_NE(run.statement(160000).find("last_idx_scan"), std::string::npos);
}

TEST(StatUserIndexes, WithoutTheColumnTheFamilyIsAbsent) {
  tests::QueryRun run(tests::spec_of("stat_user_indexes"));
  EXPECT_EQ(run.read("datname\tschemaname\trelname\tindexrelname\tidx_scan_total\tvalid\na\tb\tc\td\t5\t0\n"),
            exporter::Outcome::ok);
  const std::string labels = "{datname=\"a\",schemaname=\"b\",relname=\"c\",indexrelname=\"d\"}";
  EXPECT_NE(run.page().find("pg_stat_user_indexes_idx_scan_total" + labels + " 5\n"), std::string::npos);
  EXPECT_NE(run.page().find("pg_stat_user_indexes_valid" + labels + " 0\n"), std::string::npos);
  EXPECT_EQ(run.page().find("last_idx_scan"), std::string::npos);
}

}  // namespace
