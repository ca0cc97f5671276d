#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/command_run.h"
#include "tests/support/fixture.h"
#include "tests/support/migrate_run.h"
#include "tests/support/text_folder.h"

namespace exporter {
namespace {

tests::Said migrate(std::vector<std::string> words) {
  words.insert(words.begin(), "migrate");
  return tests::say(words);
}

TEST(MigrateCommand, WrongUsageIsOneLineAndStatus2) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--bogus"}, "migrate: unknown option --bogus"},
      {{"--redis.password=s3cr"}, "migrate: unknown option --redis.password;"},
      {{"--output"}, "migrate: --output has no value"},
      {{"/nonexistent/file"}, "migrate: /nonexistent/file: No such file or directory"},
      {{"/"}, "migrate: /: Is a directory"},
      {{"--path.procfs=/nonexistent"}, "/nonexistent"},
  };
  for (const auto& [words, expected] : cases) {
    const auto said = migrate(words);
    EXPECT_EQ(said.status, 2) << expected;
    EXPECT_EQ(said.out, "");
    EXPECT_NE(said.err.find(expected), std::string::npos) << said.err;
    EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
  }
}

TEST(MigrateCommand, SaysWhatItLookedForInVain) {
  const tests::TextFolder folder;
  const auto none = migrate({"--path.procfs=" + folder.path("")});
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.out, "");
  EXPECT_NE(
      none.err.find("no node_exporter, cadvisor, postgres_exporter, redis_exporter or pgbouncer_exporter runs here"),
      std::string::npos)
      << none.err;
  const auto empty = migrate({folder.write("empty", "LANG=C\n")});
  EXPECT_EQ(empty.status, 1);
  EXPECT_NE(empty.err.find("whose options these are cannot be told"), std::string::npos) << empty.err;
}

TEST(MigrateCommand, WritesPasswordsIntoTheFileAlone) {
  const tests::TextFolder folder;
  const auto input = folder.write("prometheus-redis-exporter", "ARGS=\"-debug\"\nREDIS_PASSWORD='s3cr t'\n");
  const auto output = folder.write("options", "before");
  const auto said = migrate({"--output", output, input});
  EXPECT_EQ(said.status, 0);
  EXPECT_EQ((said.out + said.err).find("s3cr"), std::string::npos) << said.out;
  EXPECT_EQ(tests::read_options_file(tests::read_text(output)).value("REDIS_PASSWORD"), "s3cr t");
  EXPECT_EQ(tests::read_text(output + ".old"), "before");
  struct stat found {};
  ASSERT_EQ(::stat(output.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(migrate({"--output=/nonexistent/x", input}).status, 2);
}

TEST(MigrateCommand, AFileThatCannotBeReplacedStaysAndNoPasswordIsLeftBehind) {
  const tests::TextFolder folder;
  const auto input = folder.write("prometheus-redis-exporter", "REDIS_PASSWORD='s3cr t'\n");
  const auto output = folder.write("options", "before");
  std::filesystem::create_directories(output + ".old/full");
  EXPECT_EQ(migrate({"--output", output, input}).status, 2);
  EXPECT_EQ(tests::read_text(output), "before");
  EXPECT_FALSE(std::filesystem::exists(output + ".new"));
}

TEST(MigrateCommand, ShowsItsOwnHelp) {
  EXPECT_EQ(migrate({"--help"}).status, 0);
  EXPECT_NE(migrate({"-h"}).out.find("--output=FILE"), std::string::npos);
}

}  // namespace
}  // namespace exporter
