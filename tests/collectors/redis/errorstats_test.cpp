#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisErrorstats, MadeUpErrorsAreLimited) {
  std::string info = "# Errorstats\r\n";
  for (int i = 0; i < 600; ++i) {
    info += "errorstat_E" + std::to_string(i) + ":count=1\r\n";
  }
  RedisRun run("redis.errorstats");
  EXPECT_EQ(run.read(bulk(info)), Outcome::ok);
  EXPECT_NE(run.page().find("err=\"E511\""), std::string::npos);
  EXPECT_EQ(run.page().find("err=\"E512\""), std::string::npos);
  EXPECT_EQ(count(run, Problem::limit), 1U);
}

}  // namespace
}  // namespace tests
