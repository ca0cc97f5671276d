#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Problem;

bool has(const std::string& page, std::string_view line) {
  return page.find("\n" + std::string(line) + "\n") != std::string::npos;
}

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisCommandstats, OneBadItemCostsOnlyItself) {
  RedisRun run("redis.commandstats");
  run.read(bulk("# Commandstats\r\ncmdstat_get:calls=x,usec=2000000\r\n"));
  EXPECT_TRUE(has(run.page(), R"(redis_commands_duration_seconds_total{cmd="get"} 2)"));
  EXPECT_EQ(run.page().find("redis_commands_total{"), std::string::npos);
  EXPECT_EQ(count(run, Problem::parse), 1U);
}

}  // namespace
}  // namespace tests
