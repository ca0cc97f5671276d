// The scrape port and those who mean ill: each loses its own connection, and nobody else notices.
#include "tests/exporter/http_port.h"
#include "tests/support/allocations.h"

namespace exporter {
namespace {

using http_test::Clock;
using namespace std::string_view_literals;

class HttpHostile : public http_test::Http {
 protected:
  static std::size_t count(const std::string& text, std::string_view what) {
    std::size_t times = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
      ++times;
    }
    return times;
  }
  // Status of the first reply, 0 without one; and the connection must end.
  int status(std::string_view bytes) {
    const auto fd = connect(port_);
    send(fd, bytes);
    ::shutdown(fd.get(), SHUT_WR);
    last_ = receive(fd);
    return last_.starts_with("HTTP/1.1 ") ? *platform::number<int>(std::string_view(last_).substr(9, 3)) : 0;
  }
  void all_is_well() { EXPECT_EQ(status("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"), 200); }

  std::string last_;
};

// A second request in what the first one calls its body, in all the ways that two servers may read differently.
TEST_F(HttpHostile, NothingIsSmuggled) {
  const std::string inner = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string_view framing : {
           "Content-Length: 36\r\n",
           "Content-Length: 0\r\nContent-Length: 36\r\n",
           "Content-Length: 36, 36\r\n",
           "Content-Length: +36\r\n",
           "Content-Length: 0x24\r\n",
           "Content-Length: 36\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\n",
           "Transfer-Encoding: identity, chunked\r\n",
           "transfer-encoding:\tchunked\r\n",
           "Transfer-Encoding: xchunked\r\n",
       }) {
    requests_ = 0;
    for (const std::string method : {"GET", "POST", "HEAD"}) {
      status(method + " /x HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + "\r\n" + inner);
      EXPECT_EQ(count(last_, "HTTP/1.1 "), 1U) << method << " " << framing << last_;
    }
    EXPECT_LE(requests_, 2) << framing;
  }
  all_is_well();
}

TEST_F(HttpHostile, WhatIsNoRequestIsRefused) {
  for (const std::string_view bytes : {
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
           "GET /\r\n\r\n",
           "GET / HTTP/1.1 and more\r\n\r\n",
           "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
           "\r\n\r\n\r\n\r\n",
           "GET / HTTP/1.1\r\nno colon\r\n\r\n",
           "GET / HTTP/1.1\r\n: no name\r\n\r\n",
           "GET / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n",
           "GET / HTTP/1.1\r\nA: b\r\n folded: c\r\n\r\n",
           "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
           "CONNECT other:443 HTTP/1.1\r\nHost: a\r\n\r\n",
           "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n",
       }) {
    const int got = status(bytes);
    EXPECT_TRUE(got == 0 || (got >= 400 && got < 600)) << bytes << last_;
    EXPECT_LE(count(last_, "HTTP/1.1 "), 1U) << bytes << last_;
  }
  all_is_well();
}

TEST_F(HttpHostile, PathsAreTextAndNothingElse) {
  EXPECT_EQ(status("GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n"), 200) << "the handler's to judge";
  EXPECT_EQ(last_.find("root:"), std::string::npos);
  EXPECT_EQ(status(std::string("GET /a%00b%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: a\r\n\r\n")), 200);
  EXPECT_EQ(last_.find("X-Evil"), std::string::npos);
  EXPECT_EQ(status("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"sv), 400) << last_;
  all_is_well();
}

// The library reads ranges with a regular expression, which must not run out of stack.
TEST_F(HttpHostile, TenThousandRanges) {
  std::string ranges = "bytes=";
  while (ranges.size() < 15'000) {
    ranges += "0-,";
  }
  const int got = status("GET /x HTTP/1.1\r\nHost: a\r\nRange: " + ranges + "0-1\r\n\r\n");
  EXPECT_TRUE(got >= 400 && got < 500) << got;
  all_is_well();
}

TEST_F(HttpHostile, ManyHeadersAndLongLines) {
  std::string many = "GET /x HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; many.size() < HttpServer::kMaxHead - 200; ++i) {
    many += "H" + std::to_string(i) + ": x\r\n";
  }
  const int got = status(many + "\r\n");
  EXPECT_TRUE(got == 200 || got == 431 || got == 400) << got;
  EXPECT_EQ(status("GET /" + std::string(15'000, 'p') + " HTTP/1.1\r\nHost: a\r\n\r\n") / 100, 4);
  std::string query = "GET /x?";
  while (query.size() < 7'000) {
    query += "a=%41&";
  }
  EXPECT_EQ(status(query + " HTTP/1.1\r\nHost: a\r\n\r\n") % 100, 0) << last_;
  all_is_well();
}

TEST_F(HttpHostile, HalfClosedClientsGetTheirAnswer) {
  EXPECT_EQ(status("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
  EXPECT_TRUE(last_.ends_with("hello\n"));
  EXPECT_EQ(status("GET /x HTTP/1.1\r\nHo"), 0) << "half a request is none";
  EXPECT_EQ(status(""), 0);
}

TEST_F(HttpHostile, WhoDoesNotReadHoldsAThreadForTenSecondsAtMost) {
  std::vector<platform::Fd> deaf;
  for (int i = 0; i < 3; ++i) {  // of four threads
    deaf.push_back(connect(port_));
    send(deaf.back(), "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  const auto start = Clock::now();
  all_is_well();
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(2));
}

TEST_F(HttpHostile, AFloodOfPipelinedRequestsIsAnsweredInOrder) {
  const auto fd = connect(port_);
  std::thread sender([&] {
    std::string many;
    for (int i = 0; i < 2000; ++i) {
      many += "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    send(fd, many + "GET /timeout HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  });
  const std::string all = receive(fd);
  sender.join();
  EXPECT_EQ(count(all, "hello\n"), 2000U);
  EXPECT_TRUE(all.ends_with("0.000000\n"));
}

TEST_F(HttpHostile, WaitingConnectionsHoldLittle) {
  const std::size_t before = resident_kilobytes();
  std::vector<platform::Fd> many;
  for (int i = 0; i < 400; ++i) {
    many.push_back(connect(port_));
    send(many.back(), "GET / HTTP/1.1\r\nX: " + std::string(15'000, 'x'));
  }
  all_is_well();
  if (tests::allocations() != 0) {  // else a sanitizer keeps what is freed
    EXPECT_LT(resident_kilobytes(), before + 8192) << "400 heads of 15 kB, and the clients' ends in this process";
  }
  std::size_t closed = 0;
  for (const auto& fd : many) {
    char byte = 0;
    closed += ::recv(fd.get(), &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET ? 1 : 0;
  }
  EXPECT_GT(closed, 300U) << "those that were there first made room";
}

}  // namespace
}  // namespace exporter
