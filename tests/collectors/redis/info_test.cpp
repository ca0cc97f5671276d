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

TEST(RedisInfo, WordsAreOneAndZeroAndOtherTextIsCounted) {
  RedisRun run("redis.info");
  EXPECT_EQ(run.read(bulk("# Persistence\r\nrdb_last_bgsave_status:ok\r\naof_last_write_status:err\r\nhz:0x10\r\n")),
            Outcome::ok);
  EXPECT_TRUE(has(run.page(), "redis_rdb_last_bgsave_status 1"));
  EXPECT_TRUE(has(run.page(), "redis_aof_last_write_status 0"));
  EXPECT_EQ(run.page().find("redis_hz "), std::string::npos);
  EXPECT_EQ(count(run, Problem::parse), 1U);
}

TEST(RedisInfo, OldServersStartTimeDoesNotJitter) {
  RedisRun run("redis.info");
  run.read(bulk("# Server\r\nuptime_in_seconds:100\r\n"));
  const std::string first = run.page();
  run.read(bulk("# Server\r\nuptime_in_seconds:101\r\n"));
  const auto start = [](const std::string& page) { return page.substr(page.find("\nredis_start_time_seconds "), 40); };
  EXPECT_EQ(start(run.page()).substr(0, 36), start(first).substr(0, 36));
}

TEST(RedisInfo, SystemMemoryOnlyWhenAskedFor) {
  RedisRun run("redis.info");
  run.read(bulk("# Memory\r\ntotal_system_memory:1024\r\n"));
  EXPECT_EQ(run.page().find("redis_total_system_memory_bytes"), std::string::npos);
}

TEST(RedisInfo, LabelTextCannotBreakThePage) {
  RedisRun run("redis.info");
  run.read(bulk("# Server\r\nos:a\"b\\c\xff\r\n"));
  EXPECT_NE(run.page().find("os=\"a\\\"b\\\\c\xEF\xBF\xBD\""), std::string::npos);
}

TEST(RedisInfo, ManyUnknownFieldsAreLimited) {
  std::string info = "# Custom\r\n";
  for (int i = 0; i < 200; ++i) {
    info += "cluster_x" + std::to_string(i) + ":1\r\n";
  }
  RedisRun run("redis.info");
  run.read(bulk(info));
  EXPECT_EQ(count(run, Problem::limit), 200U - 64U);
}

TEST(RedisInfo, ErrorReplyIsNoData) {
  RedisRun run("redis.info");
  EXPECT_EQ(run.read("-NOPERM no permissions to run the 'info' command\r\n"), Outcome::no_data);
  EXPECT_EQ(count(run, Problem::denied), 1U);
}

}  // namespace
}  // namespace tests
