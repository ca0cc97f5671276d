#include <gtest/gtest.h>

#include "tests/support/redis_run.h"

namespace tests {
namespace {

bool has(const std::string& page, std::string_view line) {
  return page.find("\n" + std::string(line) + "\n") != std::string::npos;
}

TEST(RedisKeyspace, EmptyDatabasesCanBeLeftOut) {
  RedisRun run("redis.keyspace", "include-metrics-for-empty-databases=false");
  run.read(bulk("# Keyspace\r\ndb2:keys=1,expires=0\r\n"));
  EXPECT_EQ(run.requests().count(), 1U);
  EXPECT_TRUE(has(run.page(), R"(redis_db_keys{db="db2"} 1)"));
  EXPECT_EQ(run.page().find("db0"), std::string::npos);
}

TEST(RedisKeyspace, HundredThousandDatabasesAreNotFilledUp) {
  RedisRun run("redis.keyspace");
  run.learn("# Server\r\nredis_version:7.0.1\r\nrun_id:1\r\n");
  run.read(bulk("# Server\r\nredis_version:7.0.1\r\nrun_id:1\r\n# Keyspace\r\ndb99999:keys=1,expires=0\r\n") +
           "*2\r\n" + bulk("databases") + bulk("100000"));
  EXPECT_TRUE(has(run.page(), R"(redis_db_keys{db="db99999"} 1)"));
  EXPECT_TRUE(has(run.page(), R"(redis_db_keys{db="db1023"} 0)"));
  EXPECT_EQ(run.page().find("db1024"), std::string::npos);
}

}  // namespace
}  // namespace tests
