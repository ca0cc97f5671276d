#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(Wal, AnEmptyDirectoryHasNoSize) {
  tests::QueryRun run(tests::spec_of("wal"));
  EXPECT_EQ(run.read("segments\tsize_bytes\n0\t\\N\n"), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("pg_wal_segments 0\n"), std::string::npos);
  EXPECT_EQ(run.page().find("pg_wal_size_bytes"), std::string::npos);
}

}  // namespace
