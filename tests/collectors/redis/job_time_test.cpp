#include "collectors/redis/job_time.h"

#include <gtest/gtest.h>

#include <string>

namespace tests {
namespace {

using exporter::redis::queues::json_member;
using exporter::redis::queues::moment_of;

TEST(RedisJobTime, AMemberIsFoundInTheObjectItself) {
  EXPECT_EQ(json_member(R"({"a":1,"at":17.5})", "at"), "17.5");
  EXPECT_EQ(json_member(R"({ "at" : 17 , "b":2})", "at"), "17");
  EXPECT_EQ(json_member(R"({"args":[{"at":1},"\"at\":2"],"x":{"at":3},"at":4})", "at"), "4");
  EXPECT_EQ(json_member(R"({"class":"at","at":5})", "at"), "5");
  EXPECT_EQ(json_member(R"({"path\\":"}","at":6})", "at"), "6");
  EXPECT_EQ(json_member(R"({"at":"soon"})", "at"), R"("soon")");
}

TEST(RedisJobTime, WhatIsNoObjectHasNone) {
  const std::string whole = R"({"at":17,"b":"\"x"})";
  for (std::size_t size = 0; size < 7; ++size) {
    EXPECT_EQ(json_member(whole.substr(0, size), "at"), "") << size;
  }
  for (const char* text : {"", "at", "[{\"at\":1}]", R"({"b":1})", R"({"b":"at)", "{\"b\\", R"({"at")"}) {
    EXPECT_EQ(json_member(text, "at"), "") << text;
  }
}

TEST(RedisJobTime, TimesAsLibrariesWriteThem) {
  EXPECT_EQ(moment_of("1719505200.25"), 1719505200.25);
  EXPECT_EQ(moment_of("1719505200500"), 1719505200.5);
  EXPECT_EQ(moment_of("1.7195052005e12"), 1719505200.5);
  EXPECT_EQ(moment_of("2024-06-27T16:20:00.250000Z"), 1719505200);
  for (const char* text : {"", "0", "-1", "nan", "inf", "soon", "\"2024\"", "2024-13-01T00:00:00Z"}) {
    EXPECT_FALSE(moment_of(text)) << text;
  }
}

}  // namespace
}  // namespace tests
