#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

TEST(RedisConfig, OldServersAreAskedForAll) {
  RedisRun run("redis.config");
  run.learn("# Server\r\nredis_version:6.2.7\r\nrun_id:1\r\n");
  run.read("");
  ASSERT_EQ(run.requests().count(), 1U);
  EXPECT_EQ(run.requests().command(0), "*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$1\r\n*\r\n");
}

TEST(RedisConfig, AServerThatRefusesTheListIsAskedForAll) {
  RedisRun run("redis.config");
  run.learn("# Server\r\nredis_version:7.4.0\r\nrun_id:1\r\n");
  EXPECT_EQ(run.read("-ERR wrong number of arguments for 'config|get' command\r\n"), Outcome::no_data);
  platform::RedisReader reader;
  reader.feed("-ERR wrong number of arguments for 'config|get' command\r\n");
  run.server().note_reply(run.requests().command(0), reader[0]);
  run.read("*2\r\n" + bulk("maxclients") + bulk("10"));
  EXPECT_EQ(run.requests().command(0), "*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$1\r\n*\r\n");
  EXPECT_NE(run.page().find("redis_config_maxclients 10\n"), std::string::npos);
}

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisConfig, AnIncompleteLimitIsCounted) {
  RedisRun run("redis.config");
  run.read("*2\r\n" + bulk("client-output-buffer-limit") + bulk("normal 0 0 0 slave 1 2"));
  EXPECT_NE(run.page().find(R"(limit_bytes{class="normal",limit="hard"} 0)"), std::string::npos);
  EXPECT_EQ(run.page().find("slave"), std::string::npos);
  EXPECT_EQ(count(run, Problem::parse), 1U);
}

}  // namespace
}  // namespace tests
