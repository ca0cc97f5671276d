// The scrape port and those who use it well.
#include "tests/exporter/http_port.h"

namespace exporter {
namespace {

using http_test::Clock;
using http_test::Http;

TEST_F(Http, AnswersGetHeadAndOthers) {
  const std::string get = ask("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(get.starts_with("HTTP/1.1 200 OK\r\n")) << get;
  EXPECT_TRUE(get.ends_with("\r\n\r\nhello\n")) << get;
  const std::string head = ask("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 6\r\n"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  const std::string post = ask("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n");
  EXPECT_TRUE(post.starts_with("HTTP/1.1 405 ")) << post;
  EXPECT_NE(post.find("Allow: GET, HEAD\r\n"), std::string::npos);
  const std::string reload = ask("POST /-/reload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(reload.starts_with("HTTP/1.1 200 ")) << reload;  // the handler's to judge
  EXPECT_TRUE(ask("GET /x HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1,0-2\r\n\r\n").starts_with("HTTP/1.1 416 "));
}

TEST_F(Http, SendsTheHeadersOfAReply) {
  const std::string reply = ask("GET /headers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(reply.find("\r\nCache-Control: no-cache\r\n"), std::string::npos) << reply;
  EXPECT_NE(reply.find("\r\nReferrer-Policy: no-referrer\r\n"), std::string::npos) << reply;
  EXPECT_NE(reply.find("\r\nX-Content-Type-Options: nosniff\r\n"), std::string::npos) << reply;
}

TEST_F(Http, TellsListenersApart) {
  const auto fd = connect(redis_port_);
  send(fd, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(receive(fd).ends_with("redis only\n"));
}

TEST_F(Http, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
  const auto fd = connect(port_);
  for (int i = 0; i < 3; ++i) {
    send(fd, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(receive(fd, "hello\n").ends_with("hello\n"));
  }
  send(fd,
       "GET /timeout HTTP/1.1\r\nHost: a\r\nX-Prometheus-Scrape-Timeout-Seconds: 2.5\r\n\r\n"
       "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string both = receive(fd, "hello\n");
  EXPECT_LT(both.find("2.5"), both.find("hello"));
}

TEST_F(Http, SendsGzipOnlyToThoseWhoAskForIt) {
  const std::string packed = ask("GET /x HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
  EXPECT_NE(packed.find("Content-Encoding: gzip\r\n"), std::string::npos);
  EXPECT_NE(packed.find("\r\n\r\n\x1f\x8b"), std::string::npos);
  const std::string plain =
      ask("GET /x HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br, gzip;q=0\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(plain.ends_with("hello\n")) << plain;
  EXPECT_TRUE(accepts_gzip("deflate, gzip;q=1.0"));
  EXPECT_TRUE(accepts_gzip("*"));
  EXPECT_FALSE(accepts_gzip("*;q=0"));
  EXPECT_FALSE(accepts_gzip("identity"));
  EXPECT_FALSE(accepts_gzip(""));
}

TEST_F(Http, SendsALargeReplyWhole) {
  const std::string large = ask("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(large.size() - large.find("\r\n\r\n") - 4, 3'000'000U);
}

TEST_F(Http, EndlessHeadersAndBodiesAreCutWithoutUsingMemory) {
  const std::size_t before = resident_kilobytes();
  const std::string chunk(1 << 20, 'a');
  for (const std::string_view first :
       {"GET / HTTP/1.1\r\nX: ", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", ""}) {
    const auto fd = connect(port_);
    send(fd, first);
    for (int i = 0; i < 64 && send(fd, chunk); ++i) {
    }
  }
  EXPECT_LT(resident_kilobytes(), before + 16384) << "each of three clients sent up to 64 MiB";
  EXPECT_TRUE(ask("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").ends_with("hello\n"));
}

TEST_F(Http, DrippingAndIdleClientsDelayNobody) {
  std::vector<platform::Fd> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(connect(port_));
    send(slow.back(), i % 2 == 0 ? "G" : "");
  }
  const auto start = Clock::now();
  EXPECT_TRUE(ask("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").ends_with("hello\n"));
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(1));
}

TEST_F(Http, SaysThatItsThreadsTakeEvents) {
  const auto end = Clock::now() + std::chrono::seconds(10);
  while (!server_->responds() && Clock::now() < end) {
    std::this_thread::yield();
  }
  EXPECT_LT(Clock::now(), end);
}

TEST_F(Http, NonsenseGetsAnErrorAndAClosedConnection) {
  const std::string reply = ask("\x16\x03\x01 nonsense\r\n\r\n");
  EXPECT_TRUE(reply.empty() || reply.starts_with("HTTP/1.1 400 ")) << reply;
  EXPECT_TRUE(ask("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").ends_with("hello\n"));
}

}  // namespace
}  // namespace exporter
