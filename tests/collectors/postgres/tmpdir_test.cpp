#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Tmpdir, TablespacesWithoutFilesAreZero) {
  const tests::QueryRun run(tests::spec_of("tmpdir"));
  EXPECT_EQ(run.statement(110000), "");
  EXPECT_TRUE(has(run.statement(120000), "LEFT JOIN LATERAL pg_ls_tmpdir(t.oid)"));
}

}  // namespace
