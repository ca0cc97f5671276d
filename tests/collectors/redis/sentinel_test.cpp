#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisSentinel, AMasterWithoutNameIsCounted) {
  RedisRun run("redis.sentinel");
  EXPECT_EQ(run.read(bulk("# Server\r\nredis_mode:sentinel\r\nrun_id:1\r\n# Sentinel\r\nmaster0:status=ok\r\n")),
            Outcome::ok);
  EXPECT_EQ(count(run, Problem::parse), 1U);
}

TEST(RedisSentinel, SettingsWithoutANameAreCounted) {
  RedisRun run("redis.sentinel");
  run.learn("# Server\r\nredis_mode:sentinel\r\nrun_id:1\r\n");
  EXPECT_EQ(run.read(bulk("# Server\r\nredis_mode:sentinel\r\nrun_id:1\r\n") + "*2\r\n*2\r\n" + bulk("ip") + bulk("h") +
                     ":1\r\n"),
            Outcome::ok);
  EXPECT_EQ(count(run, Problem::parse), 2U);
}

TEST(RedisSentinel, OtherServersHaveNone) {
  RedisRun run("redis.sentinel");
  EXPECT_EQ(run.read(bulk("# Server\r\nredis_mode:standalone\r\nrun_id:1\r\n")), Outcome::no_data);
}

}  // namespace
}  // namespace tests
