#include "platform/lua_pattern.h"

#include <gtest/gtest.h>

namespace tests {
namespace {

using platform::LuaPattern;
using Found = LuaPattern::Found;

// The captures of a match, "no", or "too long".
std::string found(const std::string& pattern, std::string_view text) {
  std::string captures;
  switch (LuaPattern(pattern).find(text, captures)) {
    case Found::yes:
      return captures;
    case Found::no:
      return "no";
    default:
      return "too long";
  }
}

// What Lua 5.1 answers.
TEST(LuaPattern, FindsWhatLuaFinds) {
  EXPECT_EQ(found("^([^:]+):.*", "user:17:name"), "user");
  EXPECT_EQ(found("^(.-):(%d+)$", "a:b:17"), "a:b17");
  EXPECT_EQ(found("(%a+)_(%d*)", "..key_12"), "key12");
  EXPECT_EQ(found("([%w_]+)%.(%w+)", "a.b_c.d"), "ab");
  EXPECT_EQ(found("abc", "xxabcxx"), "");
  EXPECT_EQ(found("^abc", "xabc"), "no");
  EXPECT_EQ(found("c$", "abc"), "");
  EXPECT_EQ(found("a$b", "a$b"), "");
  EXPECT_EQ(found("()b()", "abc"), "23");
  EXPECT_EQ(found("(a?)(b?)c", "xbc"), "b");
  EXPECT_EQ(found("(%b[])", "x[a[b]c]d"), "[a[b]c]");
  EXPECT_EQ(found("(['\"])(.-)%1", "say 'it \"is\"' now"), "'it \"is\"");
  EXPECT_EQ(found("%f[%w](%w+)%f[%W]", "::word::"), "word");
  EXPECT_EQ(found("([]-]+)", "a]-b"), "]-");
  EXPECT_EQ(found("([%]x]+)", "a]x"), "]x");
  EXPECT_EQ(found("([^%s]+)$", "a b\tc"), "c");
  EXPECT_EQ(found("(%x+)%-(%X)", "dead-beef-g"), "beefg");
  EXPECT_EQ(found("((a)(b))", "ab"), "abab");
  EXPECT_EQ(found("(.*)", std::string_view("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(found("%z(.)", std::string_view("a\0b", 3)), "b");
  EXPECT_EQ(found("(a-)", "aaa"), "");
  EXPECT_EQ(found("", ""), "");
}

TEST(LuaPattern, SaysWhatIsWrong) {
  for (const auto& [pattern, wrong] : {std::pair{"abc%", "it ends with %"},
                                       {"[abc", "a [ without ]"},
                                       {"[]", "a [ without ]"},
                                       {"(a", "a ( without )"},
                                       {"a)", "a ) without ("},
                                       {"%b(", "%b lacks its two characters"},
                                       {"%fa", "%f lacks its [set]"},
                                       {"(a)%2", "a reference to a capture that is not there"},
                                       {"%0", "a reference to a capture that is not there"}}) {
    EXPECT_EQ(LuaPattern(pattern).error(), wrong) << pattern;
    EXPECT_EQ(found(pattern, "abc"), "no");
  }
  std::string many;
  for (int i = 0; i < 33; ++i) {
    many += "()";
  }
  EXPECT_EQ(LuaPattern(many).error(), "it has more than 32 captures");
  EXPECT_EQ(LuaPattern("^(%w+):").error(), "");
}

TEST(LuaPattern, AnEndlessMatchIsGivenUp) {
  std::string pattern;
  for (int i = 0; i < 12; ++i) {
    pattern += ".-";
  }
  EXPECT_EQ(found(pattern + "x$", std::string(300, 'a')), "too long");
  std::string deep;
  for (int i = 0; i < 300; ++i) {
    deep += "a?";
  }
  EXPECT_EQ(found(deep, std::string(300, 'a')), "too long");
}

TEST(LuaPattern, AReferenceToAnOpenCaptureMatchesNothing) {
  EXPECT_EQ(found("(a%1)", "aa"), "no");
  EXPECT_EQ(found("()%1", "1"), "no");
}

}  // namespace
}  // namespace tests
