#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(StatIo, BytesComeFromBlocksUntilPostgres18CountsThem) {
  const tests::QueryRun run(tests::spec_of("stat_io"));
  EXPECT_EQ(run.statement(150000), "");
  EXPECT_TRUE(has(run.statement(160000), "reads * op_bytes AS read_bytes_total"));
  EXPECT_FALSE(has(run.statement(180000), "op_bytes"));
  EXPECT_TRUE(has(run.statement(180000), "write_bytes AS write_bytes_total"));
}

}  // namespace
