#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

const std::string kInfo = bulk("# Server\r\nredis_version:7.0.15\r\nrun_id:1\r\n# Replication\r\nrole:master\r\n");

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }
bool shows(const RedisRun& run, const std::string& line) { return run.page().find(line + "\n") != std::string::npos; }

TEST(RedisKeys, AnotherDatabaseIsSelectedAndLeftAgain) {
  RedisRun run("redis.keys", "check-single-keys=db2=a,b\n");
  EXPECT_EQ(run.read(kInfo + "+none\r\n$-1\r\n+OK\r\n+list\r\n:100\r\n+OK\r\n+OK\r\n:7\r\n+OK\r\n"), Outcome::ok);
  EXPECT_EQ(run.further().asked(),
            "TYPE b\nMEMORY USAGE b\n"
            "SELECT 2\nTYPE a\nMEMORY USAGE a\nSELECT 0\n"
            "SELECT 2\nLLEN a\nSELECT 0");
  EXPECT_TRUE(shows(run, R"(redis_key_size{db="db2",key="a"} 7)"));
  EXPECT_TRUE(shows(run, R"(redis_key_size{db="db0",key="b"} 0)"));
}

TEST(RedisKeys, ADatabaseThatIsNotThereCostsItsKeys) {
  RedisRun run("redis.keys", "check-single-keys=db99=a\n");
  EXPECT_EQ(run.read(kInfo + "-ERR DB index is out of range\r\n+list\r\n:100\r\n+OK\r\n"), Outcome::ok);
  EXPECT_EQ(count(run, Problem::missing), 1U);
  EXPECT_EQ(run.page().find("db99"), std::string::npos);
}

TEST(RedisKeys, WhatIsForbiddenIsAskedOnce) {
  RedisRun run("redis.keys", "check-single-keys=a\n");
  const std::string no = "-NOPERM this user has no permissions to run the 'memory|usage' command\r\n";
  EXPECT_EQ(run.read(kInfo + "+list\r\n" + no + ":7\r\n"), Outcome::ok);
  EXPECT_EQ(count(run, Problem::denied), 1U);
  std::string denied;
  run.server().each_denied([&](std::string_view command) { denied += command; });
  EXPECT_EQ(denied, "memory|usage");
  EXPECT_EQ(run.read(kInfo + "+list\r\n:7\r\n"), Outcome::ok);
  EXPECT_EQ(run.further().asked(), "TYPE a\nLLEN a");
  EXPECT_TRUE(shows(run, R"(redis_key_size{db="db0",key="a"} 7)"));
}

TEST(RedisKeys, AKeyOutOfReachLeavesTheOthers) {
  RedisRun run("redis.keys", "check-single-keys=a,b\n");
  const std::string no = "-NOPERM No permissions to access a key\r\n";
  EXPECT_EQ(run.read(kInfo + no + no + "+list\r\n:100\r\n:7\r\n"), Outcome::ok);
  EXPECT_TRUE(shows(run, R"(redis_key_size{db="db0",key="b"} 7)"));
  run.read(kInfo + no + no + "+list\r\n:100\r\n:7\r\n");
  EXPECT_EQ(run.further().asked(), "TYPE a\nMEMORY USAGE a\nTYPE b\nMEMORY USAGE b\nLLEN b");
}

TEST(RedisKeys, OfALargeStringOnlyTheBeginIsRead) {
  RedisRun run("redis.keys", "check-single-keys=a\n");
  EXPECT_EQ(run.read(kInfo + "+string\r\n:5000\r\n:4900\r\n" + bulk("1234")), Outcome::ok);
  EXPECT_EQ(run.further().asked(), "TYPE a\nMEMORY USAGE a\nSTRLEN a\nGETRANGE a 0 3");
  EXPECT_TRUE(shows(run, R"(redis_key_size{db="db0",key="a"} 4900)"));
  EXPECT_EQ(run.page().find("redis_key_value"), std::string::npos);
}

TEST(RedisKeys, AnyBytesMayBeANameOrAValue) {
  RedisRun run("redis.keys", "check-single-keys=%FF%0A%22\n");
  EXPECT_EQ(run.read(kInfo + "+string\r\n:50\r\n:2\r\n" + bulk("\xfe\n")), Outcome::ok);
  EXPECT_TRUE(shows(run, "redis_key_size{db=\"db0\",key=\"\xef\xbf\xbd\\n\\\"\"} 2"));
  EXPECT_TRUE(
      shows(run, "redis_key_value_as_string{db=\"db0\",key=\"\xef\xbf\xbd\\n\\\"\",val=\"\xef\xbf\xbd\\n\"} 1"));
}

TEST(RedisKeys, NoAnswerKeepsThePage) {
  RedisRun run("redis.keys", "check-single-keys=a\n");
  EXPECT_EQ(run.read(kInfo), Outcome::ok);
  EXPECT_EQ(count(run, Problem::deadline), 1U);
}

TEST(RedisKeys, ASentinelHasNone) {
  RedisRun run("redis.keys", "check-single-keys=a\n");
  EXPECT_EQ(run.read(bulk("# Server\r\nredis_mode:sentinel\r\nrun_id:1\r\n")), Outcome::no_data);
}

}  // namespace
}  // namespace tests
