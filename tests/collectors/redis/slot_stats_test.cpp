#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::OptionError;
using exporter::Outcome;
using exporter::Problem;

constexpr const char* kCluster = "# Server\r\nrun_id:1\r\n# Cluster\r\ncluster_enabled:1\r\n";

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisSlotStats, TheOrderByCpuTimeIsAskedForWhereThereIsOne) {
  const std::string keys = "*2\r\n" + bulk("key-count") + ":5\r\n";
  const std::string both = "*4\r\n" + bulk("key-count") + ":5\r\n" + bulk("cpu-usec") + ":2500000\r\n";
  RedisRun plain("redis.slot_stats", "redis.top-slots=7\n");
  plain.learn(kCluster);
  EXPECT_EQ(plain.read("*1\r\n*2\r\n:3\r\n" + keys), Outcome::ok);
  EXPECT_NE(plain.requests().text().find("KEY-COUNT\r\n$5\r\nLIMIT\r\n$1\r\n7\r\n"), std::string::npos);
  EXPECT_EQ(plain.further().asked(), "");
  RedisRun full("redis.slot_stats", "redis.top-slots=7\n");
  full.learn(kCluster);
  EXPECT_EQ(full.read("*1\r\n*2\r\n:3\r\n" + both + "*1\r\n*2\r\n:3\r\n" + both), Outcome::ok);
  EXPECT_EQ(full.further().asked(), "CLUSTER SLOT-STATS ORDERBY CPU-USEC LIMIT 7 DESC");
  EXPECT_NE(full.page().find("redis_cluster_slot_cpu_seconds_total{slot=\"3\"} 2.5\n"), std::string::npos);
  EXPECT_EQ(count(full, Problem::duplicate), 0U);
}

TEST(RedisSlotStats, ServersWithoutItHaveNone) {
  RedisRun run("redis.slot_stats", "redis.top-slots=7\n");
  run.learn(kCluster);
  EXPECT_EQ(run.read("-ERR unknown subcommand 'SLOT-STATS'. Try CLUSTER HELP.\r\n"), Outcome::no_data);
  EXPECT_EQ(count(run, Problem::io), 0U);
}

TEST(RedisSlotStats, WhatIsNoSlotIsCounted) {
  RedisRun run("redis.slot_stats", "redis.top-slots=7\n");
  run.learn(kCluster);
  EXPECT_EQ(run.read("*3\r\n*2\r\n:16384\r\n*0\r\n*1\r\n:4\r\n:5\r\n"), Outcome::ok);
  EXPECT_EQ(count(run, Problem::parse), 2U);
  EXPECT_EQ(run.page(), "");
}

TEST(RedisSlotStats, ThereAreNoMoreThanAllSlots) {
  EXPECT_THROW(RedisRun("redis.slot_stats", "redis.top-slots=16385\n"), OptionError);
  EXPECT_THROW(RedisRun("redis.slot_stats", "redis.top-slots=-1\n"), OptionError);
}

}  // namespace
}  // namespace tests
