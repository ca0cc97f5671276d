// Connections to servers that are none, in this process: what a real one does is checked live.
#include "platform/pq_connection.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "platform/dir.h"

namespace {

using Clock = std::chrono::steady_clock;
using platform::PqConnection;

// Listens on a free port of 127.0.0.1; answers the first connection with `reply` and closes it, or stays silent.
class FakeServer {
 public:
  explicit FakeServer(std::string reply = {}) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_.get(), 4), 0);
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    if (!reply.empty()) {
      thread_ = std::thread([this, reply = std::move(reply)] {
        const platform::Fd client(::accept(fd_.get(), nullptr, nullptr));
        char request[512];
        EXPECT_GT(::read(client.get(), request, sizeof request), 0);
        EXPECT_EQ(::send(client.get(), reply.data(), reply.size(), MSG_NOSIGNAL), static_cast<ssize_t>(reply.size()));
        ::shutdown(client.get(), SHUT_WR);
        while (::read(client.get(), request, sizeof request) > 0) {
        }
      });
    }
  }
  ~FakeServer() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  std::string dsn() const {
    return "host=127.0.0.1 sslmode=disable gssencmode=disable user=u password=hunter2 port=" + std::to_string(port_);
  }
  int port() const { return port_; }

 private:
  platform::Fd fd_;
  int port_ = 0;
  std::thread thread_;
};

bool open(PqConnection& connection, const std::string& text, int ms, int stop_fd = -1) {
  platform::PqDsn dsn;
  EXPECT_EQ(dsn.parse(text), "");
  return connection.open(dsn, {Clock::now() + std::chrono::milliseconds(ms), stop_fd});
}

TEST(PqConnection, AServerThatStaysSilentCostsTheDeadlineAndNoMore) {
  const FakeServer server;
  PqConnection connection;
  const auto start = Clock::now();
  EXPECT_FALSE(open(connection, server.dsn(), 100));
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
  EXPECT_TRUE(connection.reached());
  EXPECT_TRUE(connection.late());
  EXPECT_EQ(connection.error(),
            "no answer from 127.0.0.1:" + std::to_string(server.port()) + " before the deadline (logging in)");
}

TEST(PqConnection, TheEndOfTheProgramEndsTheWait) {
  const FakeServer server;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const platform::Fd reading(ends[0]);
  platform::Fd writing(ends[1]);
  writing.reset();
  PqConnection connection;
  const auto start = Clock::now();
  EXPECT_FALSE(open(connection, server.dsn(), 60000, reading.get()));
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(30));
  EXPECT_EQ(connection.error(), "stopped");
}

TEST(PqConnection, RefusedIsNotReached) {
  std::string dsn;
  {
    const FakeServer server;
    dsn = server.dsn();
  }
  PqConnection connection;
  EXPECT_FALSE(open(connection, dsn, 10000));
  EXPECT_FALSE(connection.reached());
  EXPECT_FALSE(connection.late());
  EXPECT_NE(connection.error().find("Connection refused"), std::string::npos);
  EXPECT_FALSE(connection.is_open());
}

TEST(PqConnection, AWebServerIsNamedAsNoPostgres) {
  const FakeServer server("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  PqConnection connection;
  EXPECT_FALSE(open(connection, server.dsn(), 10000));
  EXPECT_NE(connection.error().find("expected authentication request from server, but received H"), std::string::npos)
      << connection.error();
}

TEST(PqConnection, ErrorsOfTheServerAreOneLineWithoutThePassword) {
  std::string reply = "E";
  const std::string body("SFATAL\0C28P01\0Mno hunter2\nfor  you\0\0", 36);
  const auto size = static_cast<std::uint32_t>(body.size() + 4);
  for (const int shift : {24, 16, 8, 0}) {
    reply += static_cast<char>(size >> shift & 0xff);
  }
  const FakeServer server(reply + body);
  PqConnection connection;
  EXPECT_FALSE(open(connection, server.dsn(), 10000));
  EXPECT_TRUE(connection.error().ends_with("FATAL: no ***; for you")) << connection.error();
}

TEST(PqErrorLine, LeavesOutHintsAndRepetitions) {
  EXPECT_EQ(platform::pq_error_line("server closed the connection unexpectedly\n\tThis probably means\n\tmore\n"),
            "server closed the connection unexpectedly");
  EXPECT_EQ(platform::pq_error_line("a:  FATAL:  no\na: FATAL: no\nb\n"), "a: FATAL: no; b");
  EXPECT_EQ(platform::pq_error_line(""), "");
  EXPECT_EQ(platform::pq_error_line(std::string(1000, 'x')), std::string(300, 'x') + "...");
}

}  // namespace
