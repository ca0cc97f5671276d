#include <gtest/gtest.h>

#include "exporter/options.h"
#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::OptionError;
using exporter::Outcome;

TEST(RedisScripts, AFileThatIsNotThereStopsTheStart) {
  try {
    RedisRun run("redis.scripts", "script=/dev/null,/nowhere/queues.lua\n");
    FAIL();
  } catch (const OptionError& error) {
    EXPECT_STREQ(error.what(), "option script: /nowhere/queues.lua cannot be read: No such file or directory");
  }
}

TEST(RedisScripts, AreSentAsTheyStand) {
  RedisRun run("redis.scripts", "script= /dev/null ,,\nlua-script-read-only=true\n");
  EXPECT_EQ(run.read("$-1\r\n"), Outcome::ok);
  EXPECT_EQ(run.requests().command(0), "*4\r\n$7\r\nEVAL_RO\r\n$0\r\n\r\n$1\r\n0\r\n$1\r\n0\r\n");
  EXPECT_NE(run.page().find("redis_script_result{filename=\"/dev/null\"} 2\n"), std::string::npos);
}

}  // namespace
}  // namespace tests
