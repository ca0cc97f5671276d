#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(StatArchiver, NeverArchivedHasNoAge) {
  tests::QueryRun run(tests::spec_of("stat_archiver"));
  EXPECT_EQ(run.read("archived_count\tfailed_count\tlast_archive_age\n0\t0\t\\N\n"), exporter::Outcome::ok);
  EXPECT_EQ(run.page().find("last_archive_age"), std::string::npos);
  EXPECT_EQ(run.statement(90300), "");
}

}  // namespace
