#include "platform/redis_reply.h"

#include <gtest/gtest.h>

#include "tests/support/allocations.h"

namespace platform {
namespace {

using Type = RedisReply::Type;

TEST(RedisReader, ReadsEveryTypeInAnyPieces) {
  const std::string bytes = "+OK\r\n:-7\r\n$5\r\nhe\r\no\r\n$-1\r\n*2\r\n-ERR x\r\n*1\r\n:3\r\n*-1\r\n*0\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    RedisReader reader;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      ASSERT_EQ(reader.feed(std::string_view(bytes).substr(at, piece)), "");
    }
    ASSERT_EQ(reader.size(), 7U);
    EXPECT_EQ(reader[0].text(), "OK");
    EXPECT_TRUE(reader[0].is(Type::status));
    EXPECT_EQ(reader[1].integer(), -7);
    EXPECT_EQ(reader[2].text(), "he\r\no");
    EXPECT_TRUE(reader[3].is(Type::nil));
    EXPECT_EQ(reader[4].size(), 2U);
    EXPECT_TRUE(reader[4][0].is(Type::error));
    EXPECT_EQ(reader[4][1][0].integer(), 3);
    EXPECT_TRUE(reader[5].is(Type::nil));
    EXPECT_EQ(reader[6].size(), 0U);
    EXPECT_TRUE(reader[6].is(Type::array));
  }
}

TEST(RedisReader, WhatIsNotThereIsNone) {
  RedisReader reader;
  reader.feed(":1\r\n");
  EXPECT_TRUE(reader[1].is(Type::none));
  EXPECT_TRUE(reader[0][0][5].is(Type::none));
  EXPECT_EQ(reader[0].text(), "");
  EXPECT_EQ(RedisReply().size(), 0U);
}

TEST(RedisReader, AnArrayOfManyElementsIsRefusedBeforeItIsMade) {
  RedisReader reader;
  EXPECT_EQ(reader.feed("*1073741824\r\n"), "the reply is too large");
  reader.clear();
  EXPECT_EQ(reader.feed("+OK\r\n"), "");
  EXPECT_EQ(reader[0].text(), "OK");
}

TEST(RedisReader, ManyArraysTogetherAreRefused) {
  RedisReader reader({.elements = 100, .bytes = 10000});
  EXPECT_EQ(reader.feed("*60\r\n"), "");
  EXPECT_EQ(reader.feed("*60\r\n"), "the reply is too large");
}

TEST(RedisReader, MoreBytesThanTheLimitAreRefused) {
  RedisReader reader({.elements = 100, .bytes = 100});
  EXPECT_EQ(reader.feed("$2000000000\r\n" + std::string(50, 'x')), "");
  EXPECT_EQ(reader.feed(std::string(50, 'x')), "the reply is too large");
}

TEST(RedisReader, DeepNestingAndOtherProtocolsAreRefused) {
  std::string deep;
  for (int i = 0; i < 40; ++i) {
    deep += "*1\r\n";
  }
  for (const std::string& bytes :
       {deep, std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("%1\r\n+a\r\n:1\r\n"),
        std::string("$-5\r\n"), std::string("$99999999999999999999\r\n"), std::string(":12a\r\n"),
        std::string("*-7\r\n")}) {
    RedisReader reader;
    EXPECT_EQ(reader.feed(bytes), "what came is not a Redis reply") << bytes;
  }
}

TEST(RedisReader, ClearForgetsHalfAReply) {
  RedisReader reader;
  reader.feed("*2\r\n:1\r\n$10\r\nabc");
  reader.clear();
  EXPECT_EQ(reader.feed(":5\r\n"), "");
  ASSERT_EQ(reader.size(), 1U);
  EXPECT_EQ(reader[0].integer(), 5);
}

TEST(RedisReader, AWarmReadAllocatesNothing) {
  std::string bytes = "*400\r\n";
  for (int i = 0; i < 400; ++i) {
    bytes += "$9\r\nsome text\r\n";
  }
  RedisReader reader;
  reader.feed(bytes);
  reader.clear();
  const auto before = tests::allocations();
  reader.feed(bytes);
  EXPECT_EQ(tests::allocations() - before, 0U);
  EXPECT_EQ(reader[0][399].text(), "some text");
}

TEST(RedisCommand, IsFormattedWithLengths) {
  std::string out;
  const std::string_view words[] = {"AUTH", "a b\r\n"};
  append_redis_command(out, words, 2);
  EXPECT_EQ(out, "*2\r\n$4\r\nAUTH\r\n$5\r\na b\r\n\r\n");
}

}  // namespace
}  // namespace platform
