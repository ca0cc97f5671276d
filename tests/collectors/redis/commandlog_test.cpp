#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;

TEST(RedisCommandlog, OlderValkeyIsNotAsked) {
  RedisRun run("redis.commandlog");
  run.learn("# Server\r\nredis_version:7.2.4\r\nvalkey_version:8.0.2\r\nrun_id:1\r\n");
  EXPECT_EQ(run.read(""), Outcome::no_data);
  EXPECT_EQ(run.requests().count(), 0U);
}

}  // namespace
}  // namespace tests
