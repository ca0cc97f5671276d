#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisSearchIndexes, AllAreAskedInOneWrite) {
  RedisRun run("redis.search_indexes");
  run.read("*2\r\n" + bulk("a b") + bulk("c") + "*2\r\n" + bulk("num_docs") + ":3\r\n*0\r\n");
  EXPECT_EQ(run.further().asked(), "FT.INFO a b\nFT.INFO c");
  EXPECT_NE(run.page().find("redis_search_index_num_docs{index_name=\"a b\"} 3\n"), std::string::npos);
}

TEST(RedisSearchIndexes, AServerWithoutSearchIsNoProblem) {
  RedisRun run("redis.search_indexes");
  EXPECT_EQ(run.read("-ERR unknown command 'FT._LIST'\r\n"), Outcome::no_data);
  EXPECT_EQ(count(run, Problem::io), 0U);
  EXPECT_EQ(run.further().asked(), "");
}

TEST(RedisSearchIndexes, ANumberThatIsNoneIsCounted) {
  RedisRun run("redis.search_indexes");
  EXPECT_EQ(run.read("*1\r\n" + bulk("a") + "*2\r\n" + bulk("num_docs") + bulk("-nan")), Outcome::no_data);
  EXPECT_EQ(count(run, Problem::parse), 1U);
}

}  // namespace
}  // namespace tests
