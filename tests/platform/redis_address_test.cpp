#include "platform/redis_address.h"

#include <gtest/gtest.h>

namespace platform {
namespace {

RedisAddress parsed(std::string_view text) {
  RedisAddress address;
  EXPECT_EQ(parse_redis_address(text, address), "") << text;
  return address;
}

std::string wrong(std::string_view text) {
  RedisAddress address;
  return parse_redis_address(text, address);
}

TEST(RedisAddress, SchemeHostAndPortHaveDefaults) {
  EXPECT_EQ(parsed("redis://cache.example:6380").shown(), "cache.example:6380");
  EXPECT_EQ(parsed("cache.example").shown(), "cache.example:6379");
  EXPECT_EQ(parsed(":6380").shown(), "localhost:6380");
  EXPECT_EQ(parsed("redis://").shown(), "localhost:6379");
  EXPECT_EQ(parsed("valkey://10.0.0.1/").shown(), "10.0.0.1:6379");
  EXPECT_EQ(parsed("redis://[::1]:7000").shown(), "[::1]:7000");
  EXPECT_EQ(parsed("redis://[fd00::1]").endpoint.host, "fd00::1");
}

TEST(RedisAddress, PathIsADatabaseAndQueryIsIgnored) {
  EXPECT_EQ(parsed("redis://h:1/3?db=5").database, 3);
  EXPECT_EQ(parsed("redis://h:1/3").shown(), "h:1/3");
  EXPECT_EQ(parsed("h:1/0").shown(), "h:1");
  EXPECT_NE(wrong("redis://h:1/three"), "");
  EXPECT_NE(wrong("redis://h:1/-1"), "");
}

TEST(RedisAddress, SentinelsNameOthers) {
  EXPECT_EQ(parsed("sentinel://10.0.0.1").shown(), "10.0.0.1:26379");
  EXPECT_TRUE(parsed("sentinel://10.0.0.1").sentinel);
  EXPECT_EQ(parsed("sentinel://10.0.0.1").group, "");
  const auto one = parsed("sentinels://:pass@[fd00::1]:5000/shop");
  EXPECT_EQ(one.shown(), "[fd00::1]:5000");
  EXPECT_EQ(one.group, "shop");
  EXPECT_EQ(one.password, "pass");
  EXPECT_TRUE(one.tls && one.sentinel);
  EXPECT_FALSE(parsed("redis://10.0.0.1").sentinel);
}

TEST(RedisAddress, UnixSockets) {
  EXPECT_EQ(parsed("unix:///run/redis/redis.sock").endpoint.path, "/run/redis/redis.sock");
  EXPECT_EQ(parsed("/run/redis/redis.sock").shown(), "unix:///run/redis/redis.sock");
  EXPECT_EQ(parsed("unix://u:p@/run/r.sock").password, "p");
  EXPECT_NE(wrong("unix://relative"), "");
  EXPECT_NE(wrong("unix://"), "");
}

TEST(RedisAddress, UserAndPassword) {
  const auto both = parsed("redis://me:p%40ss%3A@h");
  EXPECT_TRUE(both.login);
  EXPECT_EQ(both.user, "me");
  EXPECT_EQ(both.password, "p@ss:");
  const auto password = parsed("redis://:secret@h");
  EXPECT_EQ(password.user, "");
  EXPECT_EQ(password.password, "secret");
  const auto name = parsed("redis://secret@h");  // a name alone is a password
  EXPECT_EQ(name.user, "");
  EXPECT_EQ(name.password, "secret");
  EXPECT_FALSE(parsed("redis://user:@h").login);  // a user without a password is no login
  EXPECT_EQ(parsed("redis://a@b@h").endpoint.host, "h");
  EXPECT_EQ(parsed("redis://me:secret@h").shown(), "h:6379");
}

TEST(RedisAddress, TlsIsSeen) {
  EXPECT_TRUE(parsed("rediss://h").tls);
  EXPECT_TRUE(parsed("valkeys://h").tls);
  EXPECT_FALSE(parsed("redis://h").tls);
}

TEST(RedisAddress, MistakesAreNamedWithoutTheText) {
  for (const std::string_view text :
       {"http://:hunter2@h", "redis://:hunter2@h:port", "redis://:hunter2@h:0", "redis://:hunter2@h:70000",
        "redis://:hunter2@::1:6379", "redis://:hunter2%zz@h", "redis://:hunter2@[::1", "redis://:hunter2@[::1]x"}) {
    EXPECT_NE(wrong(text), "") << text;
    EXPECT_EQ(wrong(text).find("hunter2"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace platform
