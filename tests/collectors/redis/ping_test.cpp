#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisPing, NoAnswerIsAProblem) {
  RedisRun run("redis.ping");
  EXPECT_EQ(run.read("-NOPERM no\r\n"), Outcome::no_data);
  EXPECT_EQ(count(run, Problem::io), 1U);
}

TEST(RedisPing, TheTimeIsOfOneRoundTrip) {
  RedisRun run("redis.ping");
  EXPECT_EQ(run.read("+PONG\r\n"), Outcome::ok);
  EXPECT_EQ(run.further().asked(), "PING");
  EXPECT_NE(run.page().find("\nredis_exporter_last_scrape_ping_time_seconds "), std::string::npos);
}

}  // namespace
}  // namespace tests
