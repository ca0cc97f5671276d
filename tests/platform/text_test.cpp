#include "platform/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace platform {
namespace {

TEST(Text, TakesWordsAndLines) {
  std::string_view text = "a:b\n  c\td  \n";
  EXPECT_EQ(take(text, ':'), "a");
  EXPECT_EQ(take(text, '\n'), "b");
  EXPECT_EQ(word(text), "c");
  EXPECT_EQ(word(text), "d");
  EXPECT_EQ(word(text), "");
  EXPECT_EQ(take(text, '\n'), "");
  EXPECT_EQ(trim(" \t x y \n"), "x y");
  EXPECT_EQ(trim("  "), "");
}

TEST(Text, ReadsOnlyWholeNumbersInRange) {
  EXPECT_EQ(number<std::uint64_t>("18446744073709551615"), 18446744073709551615ULL);
  EXPECT_EQ(number<std::int64_t>("-1"), -1);
  for (const std::string_view wrong : {"", " 1", "1 ", "+1", "1x", "18446744073709551616", "-1", "0x10"}) {
    EXPECT_FALSE(number<std::uint64_t>(wrong)) << wrong;
  }
  EXPECT_EQ(number<double>("1.5e3"), 1500);
  for (const std::string_view wrong : {"1e999", "inf", "nan", "nan(1)", "1e", ""}) {
    EXPECT_FALSE(number<double>(wrong)) << wrong;
  }
  EXPECT_EQ(hex_number<std::uint64_t>("0xff"), 255U);
  EXPECT_EQ(hex_number<std::uint32_t>("FFFFFFFF"), 4294967295U);
  EXPECT_FALSE(hex_number<std::uint32_t>("100000000"));
  EXPECT_FALSE(hex_number<std::uint32_t>("0x"));
}

TEST(Text, ReadsTheNumbersThatGoReads) {
  EXPECT_EQ(lenient_number("+1"), 1.0);
  EXPECT_EQ(lenient_number(".5"), 0.5);
  EXPECT_EQ(lenient_number("5."), 5.0);
  EXPECT_EQ(lenient_number("-2.5e-1"), -0.25);
  EXPECT_EQ(lenient_number("Inf"), HUGE_VAL);
  EXPECT_EQ(lenient_number("-infinity"), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(lenient_number("NaN").value()));
  for (const std::string_view wrong : {"", "+", "++1", "+-1", "1 ", " 1", "nan(1)", "1e999", "one"}) {
    EXPECT_FALSE(lenient_number(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace platform
