#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisLatency, AnUnknownCommandIsNeverSentAgain) {
  RedisRun run("redis.latency");
  run.learn("# Server\r\nredis_version:7.0.0\r\nrun_id:1\r\n");
  const std::string refusal = "-ERR unknown subcommand 'HISTOGRAM'. Try LATENCY HELP.\r\n";
  EXPECT_EQ(run.read("*0\r\n" + refusal + bulk("")), Outcome::ok);
  EXPECT_EQ(run.requests().count(), 3U);
  platform::RedisReader reader;
  reader.feed(refusal);
  run.server().note_reply(run.requests().command(1), reader[0]);
  run.read("*0\r\n" + bulk(""));
  EXPECT_EQ(run.requests().count(), 2U);
  run.learn("# Server\r\nredis_version:7.0.0\r\nrun_id:2\r\n");  // another process may know it
  run.read("*0\r\n");
  EXPECT_EQ(run.requests().count(), 3U);
}

TEST(RedisLatency, OddEntriesAreCounted) {
  RedisRun run("redis.latency");
  run.learn("# Server\r\nredis_version:7.0.0\r\nrun_id:1\r\n");
  EXPECT_EQ(run.read("*1\r\n:1\r\n*2\r\n+get\r\n*0\r\n" + bulk("")), Outcome::ok);
  EXPECT_EQ(count(run, Problem::parse), 2U);
}

}  // namespace
}  // namespace tests
