#include "platform/redis_logins.h"

#include <gtest/gtest.h>

#include "tests/support/certificates.h"

namespace platform {
namespace {

using Allowed = RedisLogins::Allowed;

class RedisLoginsTest : public testing::Test {
 protected:
  std::string write(const std::string& text) { return folder_.write("passwords", text); }
  // "user/password" for an address, "-" for no login.
  static std::string login(RedisLogins& logins, std::string_view text, Allowed allowed = Allowed::all) {
    RedisAddress address;
    EXPECT_EQ(parse_redis_address(text, address), "") << text;
    logins.fill(address, allowed);
    return address.login ? address.user + "/" + address.password : "-";
  }
  static bool names(RedisLogins& logins, std::string_view text) {
    RedisAddress address;
    EXPECT_EQ(parse_redis_address(text, address), "") << text;
    return logins.names(address);
  }

  const tests::TextFolder folder_;
};

TEST_F(RedisLoginsTest, OnePasswordForAll) {
  RedisLogins logins({.user = "me", .password = "pw", .file = "/nonexistent/never/read"});
  EXPECT_EQ(logins.look(), "");
  EXPECT_EQ(login(logins, "a:1"), "me/pw");
  EXPECT_EQ(login(logins, "redis://:own@a:1"), "/own");
  EXPECT_EQ(login(logins, "redis://u:own@a:1"), "u/own");
  EXPECT_EQ(login(logins, "a:1", Allowed::named), "-");
  EXPECT_FALSE(names(logins, "a:1"));
  RedisLogins alone({.user = "me", .password = {}, .file = {}});
  EXPECT_EQ(login(alone, "a:1"), "-") << "a user without a password is no login";
}

TEST_F(RedisLoginsTest, AFileWithNothingButAPassword) {
  RedisLogins logins({.user = "me", .password = {}, .file = write("secret with blanks\n")});
  EXPECT_EQ(logins.look(), "");
  EXPECT_EQ(login(logins, "a"), "me/secret with blanks");
  EXPECT_EQ(login(logins, "a", Allowed::named), "-");
  EXPECT_FALSE(names(logins, "a"));
  RedisAddress address;
  ASSERT_EQ(parse_redis_address("a", address), "");
  EXPECT_TRUE(logins.common(address));
}

TEST_F(RedisLoginsTest, PasswordsByServer) {
  RedisLogins logins({.user = {},
                      .password = {},
                      .file = write(R"({"redis://db:6379": "one", "redis://watcher@db:7000": "two", "db2": "three",
                                        "rediss://tls:6379": "four", "unix:///run/r.sock": "five",
                                        "redis://*.example.com:*": "many", "redis://a.example.com:*": "exact",
                                        "redis://*.eu.example.com:*": "longer", "10.0.0.0/24:*": "net",
                                        "redis://open.example.com": "", "redis://[::1]:6379/": "six"})")});
  EXPECT_EQ(logins.look(), "");
  EXPECT_EQ(login(logins, "redis://db"), "/one");
  EXPECT_EQ(login(logins, "valkey://db:6379/3", Allowed::named), "/one");
  EXPECT_EQ(login(logins, "rediss://db"), "/one") << "with TLS all the more";
  EXPECT_EQ(login(logins, "db:7000"), "watcher/two");
  EXPECT_EQ(login(logins, "db:7001"), "-");
  EXPECT_EQ(login(logins, "db2"), "/three");
  EXPECT_EQ(login(logins, "rediss://tls"), "/four");
  EXPECT_EQ(login(logins, "redis://tls"), "-") << "never in clear text";
  EXPECT_FALSE(names(logins, "redis://tls"));
  EXPECT_EQ(login(logins, "/run/r.sock"), "/five");
  EXPECT_EQ(login(logins, "b.example.com:7777"), "/many");
  EXPECT_EQ(login(logins, "a.example.com"), "/exact");
  EXPECT_EQ(login(logins, "a.eu.example.com"), "/longer");
  EXPECT_EQ(login(logins, "10.0.0.7:1"), "/net");
  EXPECT_EQ(login(logins, "10.0.1.7:1"), "-");
  EXPECT_EQ(login(logins, "open.example.com"), "-");
  EXPECT_TRUE(names(logins, "open.example.com"));
  EXPECT_EQ(login(logins, "[::1]"), "/six");
  EXPECT_EQ(login(logins, "redis://:own@db"), "/own");
}

TEST_F(RedisLoginsTest, TheUserThatIsWanted) {
  RedisLogins logins({.user = "main",
                      .password = {},
                      .file = write(R"({"redis://db": "any", "redis://main@db": "mains", "redis://x@db": "xs",
                                        "redis://x@other": "no"})")});
  EXPECT_EQ(login(logins, "db"), "main/mains");
  EXPECT_EQ(login(logins, "other"), "-");
  RedisAddress address;
  ASSERT_EQ(parse_redis_address("db", address), "");
  address.user = "x";
  logins.fill(address, Allowed::named);
  EXPECT_EQ(address.password, "xs");
  address = {};
  ASSERT_EQ(parse_redis_address("db", address), "");
  address.user = "y";
  logins.fill(address, Allowed::named);
  EXPECT_EQ(address.user + "/" + address.password, "y/any");
}

TEST_F(RedisLoginsTest, AChangedFileIsReadAgainAndAHalfWrittenOneIsNot) {
  RedisLogins logins({.user = {}, .password = {}, .file = write(R"({"db": "old"})")});
  EXPECT_EQ(login(logins, "db"), "/old");
  const auto generation = logins.generation();
  EXPECT_EQ(logins.generation(), generation);
  const std::string file = write(R"({"db": "ne)");
  EXPECT_EQ(login(logins, "db"), "/old");
  EXPECT_EQ(logins.look(), file + ": no JSON object of passwords by server: {\"redis://HOST:PORT\": \"PASSWORD\"}");
  EXPECT_EQ(logins.generation(), generation);
  write("");
  EXPECT_EQ(logins.look(), file + ": the file is empty");
  write(R"({"db": "new"})");
  EXPECT_EQ(login(logins, "db"), "/new");
  EXPECT_EQ(logins.look(), "");
  EXPECT_EQ(logins.generation(), generation + 1);
  EXPECT_EQ(logins.reload(), "");
}

TEST_F(RedisLoginsTest, MistakesAreNamedWithoutWhatStandsThere) {
  for (const char* text : {R"({"hunter2@hunter2:hunter2:x": "a"})", R"({"db": 5})", R"({"redis://u:hunter2@db": "a"})",
                           R"({"http://hunter2": "a"})", R"({"": "hunter2"})", R"({"hunter2 !": "a"})", R"({"hunter2)",
                           "[\n\"hunter2\"\n]"}) {
    RedisLogins logins({.user = {}, .password = {}, .file = write(text)});
    const auto wrong = logins.look();
    EXPECT_NE(wrong.find("passwords: "), std::string::npos) << text;
    EXPECT_EQ(wrong.find("hunter2"), std::string::npos) << wrong;
  }
  RedisLogins missing({.user = {}, .password = {}, .file = "/nonexistent/x"});
  EXPECT_EQ(missing.look(), "/nonexistent/x: no such file or directory");
}

}  // namespace
}  // namespace platform
