#include <gtest/gtest.h>

#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

constexpr std::string_view kHead = "name\tsetting\tunit\tvartype\n";

std::string one(std::string_view line, std::uint32_t problems = 0) {
  tests::QueryRun run(tests::spec_of("settings"));
  EXPECT_EQ(run.read(std::string(kHead) + std::string(line) + "\n"), exporter::Outcome::ok);
  EXPECT_EQ(run.problems(exporter::Problem::parse), problems);
  const std::string page = run.page();
  return page.empty() ? page : page.substr(page.rfind('\n', page.size() - 2) + 1);
}

TEST(Settings, ConvertsEveryUnit) {
  EXPECT_EQ(one("a\t200\tms\tinteger"), "pg_settings_a_seconds{server=\"127.0.0.1:5432\"} 0.2\n");
  EXPECT_EQ(one("a\t2\th\tinteger"), "pg_settings_a_seconds{server=\"127.0.0.1:5432\"} 7200\n");
  EXPECT_EQ(one("a\t3\td\tinteger"), "pg_settings_a_seconds{server=\"127.0.0.1:5432\"} 259200\n");
  EXPECT_EQ(one("a\t2\t64MB\tinteger"), "pg_settings_a_bytes{server=\"127.0.0.1:5432\"} 134217728\n");
  EXPECT_EQ(one("a\t1\tTB\tinteger"), "pg_settings_a_bytes{server=\"127.0.0.1:5432\"} 1099511627776\n");
  EXPECT_EQ(one("a\t-1\t8kB\tinteger"), "pg_settings_a_bytes{server=\"127.0.0.1:5432\"} -1\n");
}

TEST(Settings, AUnitInTheValueCountsInsteadOfTheSettingsOwn) {
  EXPECT_EQ(one("a\t16kB\t8kB\tinteger"), "pg_settings_a_bytes{server=\"127.0.0.1:5432\"} 16384\n");
  EXPECT_EQ(one("a\t5min\ts\tinteger"), "pg_settings_a_seconds{server=\"127.0.0.1:5432\"} 300\n");
}

TEST(Settings, LeavesOutWhatItCannotRead) {
  EXPECT_EQ(one("a\t5\tfurlongs\tinteger", 1), "");
  EXPECT_EQ(one("a\tmany\t\\N\tinteger", 1), "");
  EXPECT_EQ(one("a\t5s\t8kB\tinteger", 1), "");
}

TEST(Settings, NamesBecomeMetricNames) {
  EXPECT_EQ(one("my-ext.max\t5\t\\N\tinteger"), "pg_settings_my_ext_max{server=\"127.0.0.1:5432\"} 5\n");
}

TEST(Settings, FollowsASettingThatComesOrGoes) {
  tests::QueryRun run(tests::spec_of("settings"));
  run.read(std::string(kHead) + "a\t1\t\\N\tinteger\nc\t3\t\\N\tinteger\n");
  run.read(std::string(kHead) + "a\t1\t\\N\tinteger\nb\t2\t\\N\tinteger\nc\t3\ts\tinteger\n");
  const std::string page = run.page();
  EXPECT_NE(page.find("pg_settings_b{server=\"127.0.0.1:5432\"} 2\n"), std::string::npos);
  EXPECT_NE(page.find("pg_settings_c_seconds{server=\"127.0.0.1:5432\"} 3\n"), std::string::npos);
  EXPECT_EQ(page.find("pg_settings_c{"), std::string::npos);
}

}  // namespace
