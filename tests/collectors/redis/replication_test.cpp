#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

bool has(const std::string& page, std::string_view line) {
  return page.find("\n" + std::string(line) + "\n") != std::string::npos;
}

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

TEST(RedisReplication, UnparsableNumbersAreLeftOut) {
  RedisRun run("redis.replication");
  run.read(
      bulk("# Replication\r\nrole:slave\r\nmaster_host:m\r\nmaster_port:1\r\nmaster_last_io_seconds_ago:soon\r\n"));
  EXPECT_EQ(run.page().find("redis_master_last_io_seconds_ago{"), std::string::npos);
  EXPECT_TRUE(has(run.page(), R"(redis_slave_info{master_host="m",master_port="1",read_only=""} 1)"));
  EXPECT_EQ(count(run, Problem::parse), 1U);
}

TEST(RedisReplication, NoSectionIsNoData) {
  RedisRun run("redis.replication");
  EXPECT_EQ(run.read(bulk("# Server\r\nhz:10\r\n")), Outcome::no_data);
}

}  // namespace
}  // namespace tests
