#include "platform/json_records.h"

#include <gtest/gtest.h>

namespace {

TEST(JsonRecords, NumbersAndTextsOfFlatObjects) {
  const auto records =
      platform::read_json_records(R"([{"a": 18446744073709551615, "b": "x", "c": [1], "d": null}, {}])");
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ(records->front(), (platform::JsonRecord{{"a", "18446744073709551615"}, {"b", "x"}}));
  EXPECT_TRUE(records->back().empty());
}

TEST(JsonRecords, AnythingElseIsNone) {
  EXPECT_FALSE(platform::read_json_records(""));
  EXPECT_FALSE(platform::read_json_records("{}"));
  EXPECT_FALSE(platform::read_json_records("[1]"));
  EXPECT_FALSE(platform::read_json_records("[{\"a\": 1}"));
}

}  // namespace
