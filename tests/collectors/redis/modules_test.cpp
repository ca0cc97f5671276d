#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisModules, OddLinesAreCounted) {
  RedisRun run("redis.modules");
  EXPECT_EQ(run.read(bulk("# Modules\r\nmodule:ver=1\r\nsearch_dialect_1:many\r\n")), Outcome::no_data);
  EXPECT_EQ(count(run, Problem::parse), 2U);
}

TEST(RedisModules, AServerWithoutModulesHasNone) {
  RedisRun run("redis.modules");
  EXPECT_EQ(run.read(bulk("")), Outcome::no_data);
}

}  // namespace
}  // namespace tests
