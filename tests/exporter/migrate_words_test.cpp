#include "exporter/migrate_words.h"

#include <gtest/gtest.h>

#include "tests/support/migrate_run.h"

namespace exporter::migrate {
namespace {

using Words = std::vector<std::string>;

TEST(MigrateWords, AreSplitAsTheirReadersDo) {
  EXPECT_EQ(split_words(R"(a 'b c' "d \"e\" \d" f\ g '' # h)", Quoting::shell),
            (Words{"a", "b c", "d \"e\" \\d", "f g", ""}));
  EXPECT_EQ(split_words(R"(-x="^nvme\\d+n\d+$$" 50%% 'it\'s')", Quoting::unit),
            (Words{"-x=^nvme\\d+n\\d+$", "50%", "it's"}));
  EXPECT_EQ(split_words(R"(-x='^nvme\\d+n\\d+$' #y)", Quoting::argument), (Words{"-x=^nvme\\d+n\\d+$", "#y"}));
  EXPECT_EQ(split_words("", Quoting::shell), Words{});
  for (const char* const open : {"'a", "a \"b", "\"a\\\""}) {
    EXPECT_FALSE(split_words(open, Quoting::shell)) << open;
  }
}

TEST(MigrateWords, ValuesOfAnEnvironmentFile) {
  EXPECT_EQ(unquote_value(R"( "a \"b\" \\\\d \$x \y" )"), "a \"b\" \\\\d $x \\y");
  EXPECT_EQ(unquote_value(R"('user=x password="a\b"')"), R"(user=x password="a\b")");
  EXPECT_EQ(unquote_value("plain text # said"), "plain text");
  EXPECT_EQ(unquote_value("redis://h#1"), "redis://h#1");
  EXPECT_FALSE(unquote_value("\"open"));
}

TEST(MigrateWords, WhatIsQuotedIsReadBackBySystemd) {
  for (const std::string word : {"--a=b", "", "with blanks", R"(^(ram|nvme\d+n\d+p)\d+$)", "it's \"so\"",
                                 "`$HOME` $$ \\", "#", "dbN=*?[]{}~!;&<>", "é"}) {
    const auto file =
        tests::read_options_file("ARGS=" + quote_value(quote_word(word)) + "\nX=" + quote_value(word) + "\n");
    EXPECT_EQ(file.words, Words{word});
    EXPECT_EQ(file.value("X"), word);
    EXPECT_EQ(split_words(quote_word(word), Quoting::shell), Words{word}) << "eval in a shell";
  }
}

TEST(MigrateWords, PasswordsAreMaskedWhereverTheyStand) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"DATA_SOURCE_NAME", "postgresql://u:s3cr@h:5432/d?sslmode=disable",
       "postgresql://u:PASSWORD@h:5432/d?sslmode=disable"},
      {"DATA_SOURCE_NAME", "postgres://u:s3/c@r?t@h/d", "postgres://u:PASSWORD@h/d"},
      {"DATA_SOURCE_NAME", "postgres://u@h/d?password=s3cr&x=1", "postgres://u@h/d?password=PASSWORD&x=1"},
      {"DATA_SOURCE_NAME", "user=u password=s3cr host=h", "user=u password=PASSWORD host=h"},
      {"DATA_SOURCE_NAME", "user=u password = 's3 \\' cr' host=h", "user=u password = PASSWORD host=h"},
      {"DATA_SOURCE_NAME", "user=u PASSWORD='s3cr", "user=u PASSWORD=PASSWORD"},
      {"DATA_SOURCE_NAME", "user=u sslpassword=s3cr", "user=u sslpassword=PASSWORD"},
      {"DATA_SOURCE_NAME", "postgres://a:s3@h/d,postgres://b:cr@i/d",
       "postgres://a:PASSWORD@h/d,postgres://b:PASSWORD@i/d"},
      {"DATA_SOURCE_NAME", "postgres://u@h:5432/d", "postgres://u@h:5432/d"},
      {"DATA_SOURCE_NAME", "host=/run/postgresql user=x", "host=/run/postgresql user=x"},
      {"DATA_SOURCE_NAME", "host=h password=", "host=h password="},
      {"DATA_SOURCE_PASS", "s3cr", "PASSWORD"},
      {"PGPASSWORD", "s3cr", "PASSWORD"},
      {"REDIS_PASSWORD", "s3cr", "PASSWORD"},
      {"REDIS_PASSWORD", "", ""},
      {"REDIS_ADDR", "redis://:s3cr@h:6379", "redis://:PASSWORD@h:6379"},
      {"REDIS_ADDR", "s3cr@h:6379", "PASSWORD@h:6379"},
      {"REDIS_ADDR", "redis://s3cr@h", "redis://PASSWORD@h"},
      {"REDIS_ADDR", "redis://h:1,rediss://u:s3,cr@i:2", "redis://h:1,rediss://u:PASSWORD@i:2"},
      {"REDIS_ADDR", "h:1,i:2", "h:1,i:2"},
      {"collector.supervisord.url", "http://u:s3cr@h:9001/RPC2", "http://u:PASSWORD@h:9001/RPC2"},
      {"collector.filesystem.mount-points-exclude", "^/(dev|proc)($|/)", "^/(dev|proc)($|/)"},
  };
  for (const auto& [name, value, expected] : cases) {
    const auto shown = masked(name, value);
    EXPECT_TRUE(shown == expected || (shown.find("s3") == std::string::npos && shown.find("cr") == std::string::npos))
        << name << ": " << shown;
    if (std::string_view(value).find("s3") == std::string_view::npos) {
      EXPECT_EQ(shown, value);
    } else if (std::string_view(value).find("s3,cr") == std::string_view::npos) {
      EXPECT_EQ(shown, expected) << name;
    }
  }
}

TEST(MigrateWords, OnlyTextIsText) {
  for (const std::string_view good : {"", "a b", "é€😀"}) {
    EXPECT_TRUE(is_plain(good)) << good;
  }
  using namespace std::string_view_literals;
  for (const std::string_view bad :
       {"a\nb"sv, "\0"sv, "\x1b[2J"sv, "\xff"sv, "\xc3"sv, "\xc2\x9b"sv, "\xe2\x82"sv, "\x7f"sv}) {
    EXPECT_FALSE(is_plain(bad));
  }
}

}  // namespace
}  // namespace exporter::migrate
