#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

TEST(RedisLatencystats, WithoutTheSectionNoData) {
  RedisRun run("redis.latencystats");
  EXPECT_EQ(run.read(bulk("# Commandstats\r\ncmdstat_get:calls=1,usec=2\r\n")), Outcome::no_data);
}

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisLatencystats, AnItemWithoutPercentIsCounted) {
  RedisRun run("redis.latencystats");
  run.read(
      bulk("# Commandstats\r\ncmdstat_get:calls=1,usec=2\r\n# Latencystats\r\n"
           "latency_percentiles_usec_get:50=1\r\n"));
  EXPECT_EQ(count(run, Problem::parse), 1U);
}

}  // namespace
}  // namespace tests
