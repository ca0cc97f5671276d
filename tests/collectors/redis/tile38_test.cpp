#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisTile38, OddValuesAreCounted) {
  RedisRun run("redis.tile38");
  EXPECT_EQ(run.read("*2\r\n" + bulk("tile38_num_points") + bulk("many")), Outcome::no_data);
  EXPECT_EQ(count(run, Problem::parse), 1U);
}

TEST(RedisTile38, RedisHasNoSuchCommand) {
  RedisRun run("redis.tile38");
  EXPECT_EQ(run.read("-ERR unknown command 'SERVER'\r\n"), Outcome::no_data);
}

}  // namespace
}  // namespace tests
