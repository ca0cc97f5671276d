#include "platform/redis_glob.h"

#include <gtest/gtest.h>

#include <string>

namespace tests {
namespace {

using platform::matches_redis_glob;

TEST(RedisGlob, MatchesAsTheServerDoes) {
  for (const auto& [pattern, text] : {std::pair{"*", ""},
                                      {"*", "key"},
                                      {"user:*", "user:17"},
                                      {"*:17", "user:17"},
                                      {"u*r:?7", "user:17"},
                                      {"a*b*c", "aXbYbZc"},
                                      {"h[ae]llo", "hello"},
                                      {"h[^e]llo", "hallo"},
                                      {"h[a-c]llo", "hbllo"},
                                      {"h[c-a]llo", "hbllo"},
                                      {"a\\*b", "a*b"},
                                      {"[\\]]", "]"},
                                      {"[a\\]b]c", "ac"},
                                      {"[a-]", "a"},
                                      {"[abc", "c"},
                                      {"a\\", "a\\"},
                                      {"", ""}}) {
    EXPECT_TRUE(matches_redis_glob(pattern, text)) << pattern << " " << text;
  }
  for (const auto& [pattern, text] : {std::pair{"user:*", "users:17"},
                                      {"?", ""},
                                      {"h[^e]llo", "hello"},
                                      {"h[ae]llo", "hillo"},
                                      {"[]", "]"},
                                      {"a\\*b", "axb"},
                                      {"a", "ab"},
                                      {"ab", "a"},
                                      {"", "a"}}) {
    EXPECT_FALSE(matches_redis_glob(pattern, text)) << pattern << " " << text;
  }
}

TEST(RedisGlob, ManyStarsTakeNoLonger) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) {
    pattern += "a*";
  }
  EXPECT_FALSE(matches_redis_glob(pattern + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace tests
