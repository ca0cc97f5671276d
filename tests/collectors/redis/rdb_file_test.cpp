#include <gtest/gtest.h>

#include <unistd.h>
#include <filesystem>

#include "tests/support/fixture.h"
#include "tests/support/redis_run.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

std::uint32_t count(RedisRun& run, Problem kind) { return run.sink().problems()[static_cast<std::size_t>(kind)]; }

std::string settings(const std::string& folder, const std::string& name) {
  return "*2\r\n" + bulk("dir") + bulk(folder) + "*2\r\n" + bulk("dbfilename") + bulk(name);
}

TEST(RedisRdbFile, TheSizeOfTheFile) {
  const auto folder = std::filesystem::temp_directory_path() / ("rdb_file_test." + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  write_text(folder / "dump.rdb", "REDIS0011");
  RedisRun run("redis.rdb_file");
  EXPECT_EQ(run.read(settings(folder.string(), "dump.rdb")), Outcome::ok);
  EXPECT_NE(run.page().find("redis_rdb_current_size_bytes 9\n"), std::string::npos);
  EXPECT_EQ(run.read(settings(folder.parent_path().string(), folder.filename().string())), Outcome::no_data);
  EXPECT_EQ(count(run, Problem::parse), 1U);  // a directory
  std::filesystem::remove_all(folder);
}

TEST(RedisRdbFile, OnlyAPlainNameIsLookedFor) {
  for (const char* name : {"", ".", "..", "../secret", "a/b"}) {
    RedisRun run("redis.rdb_file");
    EXPECT_EQ(run.read(settings("/etc", name)), Outcome::no_data) << name;
    EXPECT_EQ(count(run, Problem::parse), 1U) << name;
  }
  RedisRun run("redis.rdb_file");
  EXPECT_EQ(run.read(settings("etc", "passwd")), Outcome::no_data);
}

}  // namespace
}  // namespace tests
