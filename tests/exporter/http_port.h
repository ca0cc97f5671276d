// A scrape port on a loopback port that the kernel chooses, and clients that send what they like.
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "exporter/http_server.h"
#include "platform/text.h"

namespace exporter::http_test {

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

}  // namespace exporter::http_test
