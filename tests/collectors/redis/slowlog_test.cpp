#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisSlowlog, RepliesOfAnotherShapeAreCounted) {
  RedisRun run("redis.slowlog");
  EXPECT_EQ(run.read("+OK\r\n*1\r\n+x\r\n"), Outcome::failed);
  EXPECT_EQ(count(run, Problem::parse), 1U);
}

TEST(RedisSlowlog, IsNotSentToASentinel) {
  RedisRun run("redis.slowlog");
  run.learn("# Server\r\nredis_mode:sentinel\r\nrun_id:1\r\n");
  EXPECT_EQ(run.read(""), Outcome::no_data);
  EXPECT_EQ(run.requests().count(), 0U);
}

}  // namespace
}  // namespace tests
