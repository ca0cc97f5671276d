#include "collectors/postgres/custom_value.h"

#include <gtest/gtest.h>

#include <limits>

namespace {

// Numbers of pg_type.
enum Type : std::uint32_t {
  boolean = 16,
  int8 = 20,
  text = 25,
  float8 = 701,
  date = 1082,
  time = 1083,
  timestamp = 1114,
  timestamptz = 1184,
  interval = 1186,
  numeric = 1700
};

std::string number(std::string_view value, std::uint32_t type) {
  const auto result = exporter::postgres::custom_number(value, type);
  char out[exporter::Value::kMaxText];
  return result ? std::string(out, result->write(out)) : "none";
}

std::string label(std::string_view value, std::uint32_t type) {
  std::string out;
  exporter::postgres::append_custom_label(out, value, type);
  return out;
}

TEST(CustomValue, NumbersOfEveryType) {
  EXPECT_EQ(number("9007199254740993", int8), "9007199254740993");
  EXPECT_EQ(number("-1.50", numeric), "-1.5");
  EXPECT_EQ(number("1e-05", float8), "1e-05");
  EXPECT_EQ(number("Infinity", float8), "+Inf");
  EXPECT_EQ(number("NaN", numeric), "NaN");
  EXPECT_EQ(number("t", boolean), "1");
  EXPECT_EQ(number("f", boolean), "0");
  EXPECT_EQ(number("12", text), "12");
  EXPECT_EQ(number("+Inf", text), "+Inf");
  EXPECT_EQ(number("0x1.8p3", text), "12");
  EXPECT_EQ(number("-0x1p-1", text), "-0.5");
  for (const std::string_view wrong : {"", "t", "1_000", " 1", "1 ", "0x10", "1,5", "$5.00", "{1}", "0x", "--1"}) {
    EXPECT_EQ(number(wrong, text), "none") << wrong;
  }
  EXPECT_EQ(number("04:05:06", time), "none");
}

TEST(CustomValue, DatesAreWholeSecondsSince1970) {
  EXPECT_EQ(number("1970-01-01", date), "0");
  EXPECT_EQ(number("2000-02-29 12:00:00", timestamp), "951825600");
  EXPECT_EQ(number("2026-11-26 04:05:06.789+00", timestamptz), "1795665906");
  EXPECT_EQ(number("2026-11-26 04:05:06+05:30", timestamptz), "1795646106");
  EXPECT_EQ(number("2026-11-26 04:05:06-03", timestamptz), "1795676706");
  EXPECT_EQ(number("1969-12-31 23:59:59", timestamp), "-1");
  EXPECT_EQ(number("1900-01-01 00:00:00+00:53:28", timestamptz), "-2208992008");
  EXPECT_EQ(number("0001-01-01", date), "-62135596800");
  EXPECT_EQ(number("0044-03-15 BC", date), "-63517824000");
  EXPECT_EQ(number("infinity", timestamptz), "+Inf");
  EXPECT_EQ(number("-infinity", date), "-Inf");
  for (const std::string_view wrong : {"", "26.11.2026", "2026-13-01", "2026-11-26 x", "2026-11",
                                       "2026-11-26 04:05:06+", "2026-11-26 04:05:06:07", "-2026-11-26"}) {
    EXPECT_EQ(number(wrong, timestamptz), "none") << wrong;
  }
}

TEST(CustomValue, IntervalsAreSeconds) {
  EXPECT_EQ(number("00:00:01.5", interval), "1.5");
  EXPECT_EQ(number("1 day 02:00:00", interval), "93600");
  EXPECT_EQ(number("-1 days -02:00:00.25", interval), "-93600.25");
  EXPECT_EQ(number("1 year 2 mons -3 days +04:05:06", interval), "36497106");
  EXPECT_EQ(number("1 mon", interval), "2592000");
  EXPECT_EQ(number("P1D", interval), "none");
  EXPECT_EQ(number("", interval), "none");
}

TEST(CustomValue, TextsOfLabels) {
  EXPECT_EQ(label("t", boolean), "true");
  EXPECT_EQ(label("f", boolean), "false");
  EXPECT_EQ(label("t", text), "t");
  EXPECT_EQ(label("1000000", int8), "1000000");
  EXPECT_EQ(label("1000000", float8), "1e+06");
  EXPECT_EQ(label("123456", float8), "123456");
  EXPECT_EQ(label("1234567.5", float8), "1.2345675e+06");
  EXPECT_EQ(label("0.0001", float8), "0.0001");
  EXPECT_EQ(label("0.00001", float8), "1e-05");
  EXPECT_EQ(label("0", float8), "0");
  EXPECT_EQ(label("-0.1", float8), "-0.1");
  EXPECT_EQ(label("NaN", float8), "NaN");
  EXPECT_EQ(label("Infinity", float8), "+Inf");
  EXPECT_EQ(label("1.50", numeric), "1.50");
  EXPECT_EQ(label("2026-11-26 04:05:06.789+00", timestamptz), "1795665906");
  EXPECT_EQ(label("infinity", timestamptz), "infinity");
  EXPECT_EQ(label("1 day", interval), "1 day");
}

TEST(CustomValue, ArraysOfNumbers) {
  std::vector<double> numbers;
  EXPECT_TRUE(exporter::postgres::custom_numbers("{0.1,1,Infinity}", numbers));
  EXPECT_EQ(numbers, (std::vector<double>{0.1, 1, std::numeric_limits<double>::infinity()}));
  EXPECT_TRUE(exporter::postgres::custom_numbers("{}", numbers));
  EXPECT_TRUE(numbers.empty());
  for (const std::string_view wrong : {"", "{", "}", "{1,}", "{NULL}", "{{1},{2}}", "{a}", "1,2", "[0:1]={1,2}"}) {
    EXPECT_FALSE(exporter::postgres::custom_numbers(wrong, numbers)) << wrong;
  }
}

}  // namespace
