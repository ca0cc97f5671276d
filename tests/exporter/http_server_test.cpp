// The scrape port against good and hostile clients, on a loopback port the kernel chooses.
#include "exporter/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "platform/text.h"

namespace exporter {
namespace {

using Clock = std::chrono::steady_clock;

class Http : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<Listener> listeners;
    listeners.push_back(listen_on("127.0.0.1:0"));
    listeners.push_back(listen_on("redis=127.0.0.1:0"));
    port_ = port_of(listeners[0]);
    redis_port_ = port_of(listeners[1]);
    server_ = std::make_unique<HttpServer>(std::move(listeners), 4, [this](const HttpRequest& request) {
      ++requests_;
      if (request.path == "/timeout") {
        return HttpReply::text(200, std::to_string(request.timeout_seconds) + "\n");
      }
      if (request.path == "/large") {
        return HttpReply::text(200, std::string(3'000'000, 'x'));
      }
      HttpReply reply = HttpReply::text(200, request.listener->module ? "redis only\n" : "hello\n");
      reply.gzip = request.accepts_gzip;
      if (request.path == "/headers") {
        reply.headers = headers_;
      }
      return reply;
    });
    thread_ = std::thread([this] { clean_ = server_->run(stop_, 1.0); });
  }
  void TearDown() override {
    const std::uint64_t one = 1;
    ASSERT_EQ(::write(stop_, &one, sizeof one), static_cast<ssize_t>(sizeof one));
    thread_.join();
    EXPECT_TRUE(clean_);
    ::close(stop_);
  }
  static int port_of(const Listener& listener) {
    return *platform::number<int>(std::string_view(listener.address).substr(listener.address.rfind(':') + 1));
  }

  static platform::Fd connect(int port) {
    platform::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{10, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  static bool send(const platform::Fd& fd, std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0) {
        return false;
      }
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Reads until the peer closes or `until` has been seen.
  static std::string receive(const platform::Fd& fd, std::string_view until = {}) {
    std::string all;
    char bytes[65536];
    while (until.empty() || all.find(until) == std::string::npos) {
      const ssize_t got = ::recv(fd.get(), bytes, sizeof bytes, 0);
      if (got <= 0) {
        break;
      }
      all.append(bytes, static_cast<std::size_t>(got));
    }
    return all;
  }
  std::string ask(std::string_view head) {
    const auto fd = connect(port_);
    send(fd, head);
    return receive(fd);
  }
  static std::size_t resident_kilobytes() {
    std::ifstream status("/proc/self/statm");
    std::size_t pages = 0;
    std::size_t resident = 0;
    status >> pages >> resident;
    return resident * 4;
  }

  int port_ = 0;
  int redis_port_ = 0;
  const std::vector<HttpHeader> headers_{{"Cache-Control", "no-cache"}, {"Referrer-Policy", "no-referrer"}};
  std::atomic<int> requests_{0};
  int stop_ = ::eventfd(0, EFD_CLOEXEC);
  bool clean_ = false;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

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

TEST_F(Http, NonsenseGetsAnErrorAndAClosedConnection) {
  const std::string reply = ask("\x16\x03\x01 nonsense\r\n\r\n");
  EXPECT_TRUE(reply.empty() || reply.starts_with("HTTP/1.1 400 ")) << reply;
  EXPECT_TRUE(ask("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").ends_with("hello\n"));
}

TEST(Listen, SaysWhatIsWrong) {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"9100", "HOST:PORT"}, {":99999", "HOST:PORT"}, {"cadvisor=:1", "cadvisor="}, {"unix:", "unix socket"}}) {
    try {
      listen_on(text);
      ADD_FAILURE() << text;
    } catch (const OptionError& error) {
      EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what();
    }
  }
  const auto taken = listen_on("127.0.0.1:0");
  EXPECT_THROW(listen_on(taken.address), OptionError);
}

}  // namespace
}  // namespace exporter
