#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }
bool shows(const RedisRun& run, const std::string& line) { return run.page().find(line + "\n") != std::string::npos; }

TEST(RedisClients, GroupsAreBounded) {
  std::string list;
  for (int i = 0; i < 150; ++i) {
    const std::string number = std::to_string(i);
    list += "id=" + number + " addr=10.0.0.1:" + number + " name=n" + number + " idle=" + number + " omem=2\n";
  }
  RedisRun run("redis.clients");
  EXPECT_EQ(run.read(bulk(list) + bulk("# Server\r\n")), Outcome::ok);
  EXPECT_TRUE(shows(run, R"(redis_client_group_connections{name="n99",library="",user=""} 1)"));
  EXPECT_TRUE(shows(run, R"(redis_client_group_connections{name="other",library="other",user="other"} 50)"));
  EXPECT_TRUE(shows(run, R"(redis_client_group_output_buffer_bytes{name="other",library="other",user="other"} 100)"));
  EXPECT_TRUE(shows(run, R"(redis_client_group_longest_idle_seconds{name="other",library="other",user="other"} 149)"));
  EXPECT_EQ(run.page().find("redis_client_group_memory_bytes"), std::string::npos);  // not said before Redis 7
}

TEST(RedisClients, ALineWithoutIdIsCounted) {
  RedisRun run("redis.clients");
  EXPECT_EQ(run.read(bulk("addr=10.0.0.1:5 name=\n") + bulk("# Server\r\n")), Outcome::ok);
  EXPECT_EQ(count(run, Problem::parse), 1U);
}

TEST(RedisClients, MayBeForbidden) {
  RedisRun run("redis.clients");
  EXPECT_EQ(run.read("-NOPERM this user has no permissions to run the 'client|list' command\r\n" + bulk("")),
            Outcome::no_data);
  EXPECT_EQ(count(run, Problem::denied), 1U);
}

}  // namespace
}  // namespace tests
