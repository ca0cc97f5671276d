#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisCluster, LinesWithoutNumbersAreCounted) {
  RedisRun run("redis.cluster");
  run.learn("# Cluster\r\ncluster_enabled:1\r\n");
  EXPECT_EQ(run.read(bulk("cluster_state:odd\r\ncluster_size:3\r\n")), Outcome::ok);
  EXPECT_NE(run.page().find("redis_cluster_size 3\n"), std::string::npos);
  EXPECT_EQ(count(run, Problem::parse), 1U);
}

}  // namespace
}  // namespace tests
