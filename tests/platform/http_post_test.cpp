#include "platform/http_post.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace {

using platform::HttpReply;
using platform::HttpTarget;
using platform::parse_http_reply;
using platform::parse_http_url;

TEST(HttpUrl, HasDefaultsForWhatIsLeftOut) {
  HttpTarget target;
  EXPECT_EQ(parse_http_url("http://localhost:9001/RPC2", "", target), "");
  EXPECT_EQ(target.endpoint.host, "localhost");
  EXPECT_EQ(target.endpoint.port, 9001);
  EXPECT_EQ(target.path, "/RPC2");
  EXPECT_EQ(target.host, "localhost:9001");
  EXPECT_EQ(target.authorization, "");
  EXPECT_EQ(parse_http_url("http://[::1]", "", target), "");
  EXPECT_EQ(target.endpoint.host, "::1");
  EXPECT_EQ(target.endpoint.port, 80);
  EXPECT_EQ(target.path, "/");
  EXPECT_EQ(parse_http_url("unix:///run/a.sock", "/RPC2", target), "");
  EXPECT_EQ(target.endpoint.path, "/run/a.sock");
  EXPECT_EQ(target.path, "/RPC2");
  EXPECT_EQ(parse_http_url("unix:/run/a.sock", "/", target), "");
  EXPECT_EQ(target.endpoint.path, "/run/a.sock");
}

TEST(HttpUrl, TurnsTheLoginIntoAHeader) {
  HttpTarget target;
  EXPECT_EQ(parse_http_url("http://me:se%40cret@h:1/x?y#z", "", target), "");
  EXPECT_EQ(target.authorization, "Basic bWU6c2VAY3JldA==");  // me:se@cret
  EXPECT_EQ(target.host, "h:1");
  EXPECT_EQ(target.path, "/x?y");
  EXPECT_EQ(parse_http_url("http://a:bc@h", "", target), "");
  EXPECT_EQ(target.authorization, "Basic YTpiYw==");
  EXPECT_EQ(parse_http_url("http://a:b@h", "", target), "");
  EXPECT_EQ(target.authorization, "Basic YTpi");
}

TEST(HttpUrl, RefusesWhatCannotWork) {
  HttpTarget target;
  for (const auto* const url : {"", "https://h/", "ftp://h", "http://", "http://:80/", "http://h:0/", "http://h:x/",
                                "http://h:70000/", "http://h/a b", "http://h\r\nX: y/", "unix:relative"}) {
    EXPECT_NE(parse_http_url(url, "/", target), "") << url;
  }
}

HttpReply parsed(std::string text) {
  HttpReply reply;
  reply.text = std::move(text);
  parse_http_reply(reply);
  return reply;
}

TEST(HttpReply, IsWholeOrRefused) {
  const auto good = parsed("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(good.error, 0);
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body(), "body");
  EXPECT_EQ(parsed("HTTP/1.0 404 Gone\r\n\r\n").status, 404);
  EXPECT_EQ(parsed("HTTP/1.0 200 OK\r\n\r\nuntil the end").body(), "until the end");
  for (const auto* const text :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nbody", "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 two OK\r\n\r\n"}) {
    EXPECT_EQ(parsed(text).error, EPROTO) << text;
    EXPECT_TRUE(parsed(text).status == 0) << text;
  }
}

}  // namespace
