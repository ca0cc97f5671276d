#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

constexpr const char* kSentinel = "# Server\r\nredis_mode:sentinel\r\nrun_id:1\r\n";

TEST(RedisSentinelPeers, AllMastersAreAskedInOneWrite) {
  RedisRun run("redis.sentinel_peers");
  run.learn(kSentinel);
  const std::string master = "*2\r\n" + bulk("name") + bulk("m");
  EXPECT_EQ(run.read("*1\r\n" + master + "+OK 1 usable Sentinels.\r\n*0\r\n*0\r\n"), Outcome::ok);
  EXPECT_EQ(run.further().asked(), "SENTINEL CKQUORUM m\nSENTINEL SENTINELS m\nSENTINEL SLAVES m");
  EXPECT_EQ(run.page().find("peer_info"), std::string::npos);
}

TEST(RedisSentinelPeers, WhatIsForbiddenIsNoQuorumLost) {
  RedisRun run("redis.sentinel_peers");
  run.learn(kSentinel);
  const std::string master = "*2\r\n" + bulk("name") + bulk("m");
  const std::string no = "-NOPERM no permissions\r\n";
  EXPECT_EQ(run.read("*1\r\n" + master + no + no + no), Outcome::ok);
  EXPECT_EQ(run.page(), "");
  EXPECT_EQ(count(run, Problem::denied), 3U);
}

}  // namespace
}  // namespace tests
