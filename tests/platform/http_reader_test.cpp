#include "platform/http_reader.h"

#include <gtest/gtest.h>

namespace platform {
namespace {

HttpReader fed(std::string_view text, std::size_t piece, std::size_t most = 1000) {
  HttpReader reader(most);
  reader.begin();
  for (std::size_t at = 0; at < text.size() && !reader.done() && !reader.failed(); at += piece) {
    reader.feed(text.substr(at, piece));
  }
  return reader;
}

TEST(HttpReader, ReadsABodyOfAGivenLength) {
  for (const std::size_t piece : {1U, 3U, 1000U}) {
    const auto reader =
        fed("HTTP/1.1 200 OK\r\nContent-Type:  text/plain; version=0.0.4 \r\ncontent-length: 4\r\nX-Odd:\r\n\r\nbody",
            piece);
    EXPECT_TRUE(reader.done()) << reader.error();
    EXPECT_EQ(reader.status(), 200);
    EXPECT_EQ(reader.content_type(), "text/plain; version=0.0.4");
    EXPECT_EQ(reader.body(), "body");
    EXPECT_TRUE(reader.keeps_alive());
  }
}

TEST(HttpReader, ReadsChunksAndLeavesTrailersOut) {
  for (const std::size_t piece : {1U, 2U, 1000U}) {
    const auto reader =
        fed("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Encoding: gzip\r\n\r\n"
            "4;name=value\r\nbody\r\n00A\r\n0123456789\r\n0\r\nDate: x\r\n\r\n",
            piece);
    EXPECT_TRUE(reader.done()) << reader.error();
    EXPECT_EQ(reader.body(), "body0123456789");
    EXPECT_EQ(reader.content_encoding(), "gzip");
    EXPECT_TRUE(reader.keeps_alive());
  }
}

TEST(HttpReader, KnowsWhetherTheConnectionStays) {
  EXPECT_FALSE(fed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: TE, Close\r\n\r\n", 9).keeps_alive());
  EXPECT_FALSE(fed("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 9).keeps_alive());
  EXPECT_TRUE(fed("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", 9).keeps_alive());
  auto reader = fed("HTTP/1.0 200 OK\r\n\r\nuntil the end", 5);
  EXPECT_FALSE(reader.done());
  reader.end();
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.body(), "until the end");
  EXPECT_FALSE(reader.keeps_alive());
}

TEST(HttpReader, StepsOverInterimReplies) {
  HttpReader reader(100);
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nX: y\r\n\r\nHTTP/1.1 204 None\r\n\r\nmore";
  reader.begin();
  EXPECT_EQ(reader.feed(text), text.size() - 4) << "what follows is not of this reply";
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.status(), 204);
}

TEST(HttpReader, RefusesWhatCouldBeReadInTwoWays) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  for (const auto& text : {std::string("SSH-2.0-x\r\n"),
                           std::string("HTTP/2 200 OK\r\n"),
                           std::string("HTTP/1.1 2x0 OK\r\n"),
                           std::string("HTTP/1.1 20 OK\r\n"),
                           std::string("HTTP/1.1 -20 OK\r\n"),
                           std::string("HTTP/1.1 099 OK\r\n"),
                           std::string("HTTP/1.1 200 OK\n"),
                           ok + "Content-Length: 4\r\nContent-Length: 4\r\n",
                           ok + "Content-Length: -4\r\n",
                           ok + "Content-Length: 4, 4\r\n",
                           ok + "Content-Length: \r\n",
                           ok + "Content-Length : 4\r\n",
                           ok + " folded\r\n",
                           ok + "no colon\r\n",
                           ok + "Transfer-Encoding: gzip, chunked\r\n",
                           ok + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
                           ok + "X: a\rb\r\n",
                           ok + std::string("X: \0\r\n", 6),
                           chunked + "x\r\n",
                           chunked + "\r\n",
                           chunked + "-1\r\n",
                           chunked + "0x4\r\n",
                           chunked + "4\r\nbody!\r\n",
                           chunked + "4\nbody",
                           std::string("HTTP/1.1 101 Switching\r\n\r\n")}) {
    for (const std::size_t piece : {1U, 1000U}) {
      const auto reader = fed(text, piece);
      EXPECT_TRUE(reader.failed()) << text;
      EXPECT_FALSE(reader.error().empty());
      EXPECT_FALSE(reader.too_large());
    }
  }
}

TEST(HttpReader, HoldsNoMoreThanItsLimits) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const auto& text :
       {ok + "Content-Length: 1073741824\r\n", ok + "Content-Length: 99999999999999999999999\r\n",
        ok + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n",
        ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n3e8\r\n", ok + "\r\n" + std::string(1001, 'x')}) {
    const auto reader = fed(text, 100);
    EXPECT_TRUE(reader.too_large()) << text;
    EXPECT_EQ(reader.error(), "a body of more than 1000 bytes");
  }
  std::string endless = ok;
  for (int i = 0; i < 2000; ++i) {
    endless += "X-" + std::to_string(i) + ": y\r\n";
  }
  EXPECT_EQ(fed(endless, 50).error(), "a head of more than 16 KiB");
  EXPECT_EQ(fed(ok + "X: " + std::string(20000, 'y'), 50).error(), "a head of more than 16 KiB");
  EXPECT_EQ(fed(ok + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(300, 'y'), 50).error(),
            "a chunk's size that is no such line");
  std::string interim;
  for (int i = 0; i < 2000; ++i) {
    interim += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  EXPECT_TRUE(fed(interim, 50).failed());
}

TEST(HttpReader, AnEndInTheMiddleIsNoReply) {
  for (const auto* const text : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbod",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n"}) {
    auto reader = fed(text, 7);
    reader.end();
    EXPECT_TRUE(reader.failed()) << text;
  }
}

}  // namespace
}  // namespace platform
