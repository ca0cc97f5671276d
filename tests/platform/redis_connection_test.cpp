// Servers that refuse, hang, hang up, lie or speak something else: each ends in time, with one stable line.
#include "platform/redis_connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "tests/support/certificates.h"
#include "tests/support/fake_redis.h"

namespace platform {
namespace {

using Failure = RedisConnection::Failure;
using std::chrono::milliseconds;
using tests::FakeRedis;
using tests::FakeServer;

Deadline within(int ms) { return {.at = std::chrono::steady_clock::now() + milliseconds(ms), .stop_fd = -1}; }

std::string command(std::initializer_list<std::string_view> words) {
  std::string out;
  append_redis_command(out, words.begin(), words.size());
  return out;
}

// What one PING gives against a server that does `serve`.
std::string reason_against(FakeServer::Serve serve, int ms = 3000, RedisLimits limits = {}) {
  FakeServer server(std::move(serve));
  RedisConnection connection({server.address()}, "", limits);
  EXPECT_NE(connection.exchange(command({"PING"}), 1, within(ms)), Failure::none);
  return connection.reason();
}

TEST(RedisConnection, LoginAndCommandsGoOutInOneWrite) {
  FakeRedis server([](const std::string&) { return "+OK\r\n"; });
  auto address = server.address();
  address.login = true;
  address.user = "me";
  address.password = "secret";
  address.database = 3;
  RedisConnection connection({address}, "tester");
  ASSERT_EQ(connection.exchange(command({"PING"}) + command({"DBSIZE"}), 2, within(3000)), Failure::none);
  EXPECT_EQ(server.reads(), 1U);
  EXPECT_EQ(server.asked("AUTH me secret"), 1U);
  EXPECT_EQ(server.asked("SELECT 3"), 1U);
  EXPECT_EQ(server.asked("CLIENT SETNAME tester"), 1U);
  EXPECT_EQ(connection.reply(1).text(), "OK");
  EXPECT_EQ(connection.reply(2).type(), RedisReply::Type::none);
  EXPECT_GT(connection.connect_seconds(), 0);
  ASSERT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::none);
  EXPECT_EQ(server.asked("AUTH"), 1U);
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_EQ(connection.connect_seconds(), 0);
}

TEST(RedisConnection, NobodyListens) {
  RedisAddress address;
  {
    const FakeServer gone([](int, int) {});
    address = gone.address();
  }
  RedisConnection connection({address}, "");
  EXPECT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::unreachable);
  EXPECT_EQ(connection.reason(), "cannot connect: connection refused");
}

TEST(RedisConnection, TheNextCandidateIsTried) {
  RedisAddress missing;
  missing.endpoint.path = "/nonexistent/redis.sock";
  FakeRedis server([](const std::string&) { return ":1\r\n"; });
  RedisConnection connection({missing, server.address()}, "");
  ASSERT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::none);
  EXPECT_EQ(connection.reply(0).integer(), 1);
}

TEST(RedisConnection, AHangingServerCostsTheDeadlineOnly) {
  const auto start = std::chrono::steady_clock::now();
  const auto hang = [](int fd, int) {
    while (!tests::receive_text(fd).empty()) {
    }
  };
  EXPECT_EQ(reason_against(hang, 150), "timeout while waiting for replies");
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(1500));
}

TEST(RedisConnection, ADrippingServerCostsTheDeadlineOnly) {
  const auto start = std::chrono::steady_clock::now();
  const auto drip = [](int fd, int) {
    tests::send_text(fd, "$1000\r\n");
    for (int i = 0; i < 40; ++i) {
      tests::send_text(fd, "x");
      std::this_thread::sleep_for(milliseconds(10));
    }
  };
  EXPECT_EQ(reason_against(drip, 150), "timeout while waiting for replies");
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(1500));
}

TEST(RedisConnection, HangingUpInTheMiddleOfAReply) {
  const auto drop = [](int fd, int) {
    tests::receive_text(fd);
    tests::send_text(fd, "$10\r\nabc");
  };
  EXPECT_EQ(reason_against(drop), "the server closed the connection");
}

TEST(RedisConnection, AServerOfAnotherKind) {
  const auto http = [](int fd, int) {
    tests::receive_text(fd);
    tests::send_text(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  };
  EXPECT_EQ(reason_against(http), "what came is not a Redis reply");
}

TEST(RedisConnection, AServerThatPromisesTooMuch) {
  const auto lie = [](int fd, int) {
    tests::receive_text(fd);
    tests::send_text(fd, "*2147483647\r\n");
  };
  EXPECT_EQ(reason_against(lie), "the reply is too large");
}

TEST(RedisConnection, AServerThatNeverStops) {
  const auto flood = [](int fd, int) {
    tests::receive_text(fd);
    tests::send_text(fd, "$100000000\r\n");
    tests::send_text(fd, std::string(400000, 'x'));
  };
  EXPECT_EQ(reason_against(flood, 3000, {.elements = 100, .bytes = 100000}), "the reply is too large");
}

TEST(RedisConnection, MoreRepliesThanCommands) {
  const auto eager = [](int fd, int) {
    tests::receive_text(fd);
    tests::send_text(fd, "+A\r\n+B\r\n");
    tests::receive_text(fd);
  };
  EXPECT_EQ(reason_against(eager), "more replies than commands");
}

TEST(RedisConnection, AFullServerSaysSoBeforeItHangsUp) {
  const auto full = [](int fd, int) { tests::send_text(fd, "-ERR max number of clients reached\r\n"); };
  FakeServer server(full);
  RedisConnection connection({server.address()}, "tester");
  EXPECT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::refused);
  EXPECT_EQ(connection.reason(), "ERR max number of clients reached");
}

TEST(RedisConnection, AKeptConnectionThatWasClosedIsMadeAnew) {
  FakeServer server([](int fd, int) {
    tests::receive_text(fd);
    tests::send_text(fd, "+OK\r\n");
  });
  RedisConnection connection({server.address()}, "");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::none) << connection.reason();
    EXPECT_EQ(connection.reply(0).text(), "OK");
    std::this_thread::sleep_for(milliseconds(20));
  }
}

TEST(RedisConnection, ItIsTriedAgainOnceOnly) {
  std::atomic<int> seen{0};
  FakeServer server([&](int fd, int number) {
    ++seen;
    tests::receive_text(fd);
    if (number == 0) {
      tests::send_text(fd, "+OK\r\n");
    }
  });
  RedisConnection connection({server.address()}, "");
  ASSERT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::none);
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::broken);
  EXPECT_EQ(seen, 2);
}

TEST(RedisConnection, SecretsThatTheServerQuotesAreNotRepeated) {
  FakeRedis server([](const std::string&) { return "-ERR unknown command 'AUTH', with args: 'hunter2'\r\n"; });
  auto address = server.address();
  address.login = true;
  address.password = "hunter2";
  RedisConnection connection({address}, "");
  EXPECT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::refused);
  EXPECT_EQ(connection.reason(), "the server refused AUTH");
}

TEST(RedisConnection, TheEndOfTheProgramEndsTheWait) {
  FakeServer server([](int fd, int) {
    while (!tests::receive_text(fd).empty()) {
    }
  });
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  ASSERT_EQ(::write(pipe[1], "x", 1), 1);
  Deadline deadline = within(10000);
  deadline.stop_fd = pipe[0];
  RedisConnection connection({server.address()}, "");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_NE(connection.exchange(command({"PING"}), 1, deadline), Failure::none);
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2000));
  EXPECT_NE(connection.reason().find("the program is stopping"), std::string::npos);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST(RedisConnection, APortWithTls) {
  const auto alert = [](int fd, int) {
    tests::receive_text(fd);
    tests::send_text(fd, std::string_view("\x15\x03\x01\x00\x02\x02\x46", 7));
  };
  EXPECT_EQ(reason_against(alert), "the port is one with TLS");
  FakeServer server([](int fd, int) { tests::receive_text(fd); });
  RedisConnection connection({server.address()}, "");
  EXPECT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::broken);
  EXPECT_EQ(connection.fault(), Fault::tls_wanted);
  EXPECT_EQ(connection.reason(), "the server closed the connection without a word: the port may be one with TLS");
}

TEST(RedisConnection, OverTls) {
  const tests::Authority authority("ours");
  const tests::TextFolder folder;
  tests::FakeTlsRedis server(authority.sign("IP:127.0.0.1"), {}, "+OK\r\n");
  TlsClient tls({.files = {.certificate = {}, .key = {}, .authorities = folder.write("ca", authority.certificate())},
                 .server_name = {},
                 .verify = true});
  RedisConnection connection({server.address()}, "", {},
                             {.logins = nullptr, .allowed = {}, .tls = &tls, .server_name = {}});
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::none) << connection.reason();
    EXPECT_EQ(connection.reply(0).text(), "OK");
  }
  EXPECT_EQ(server.connections(), 1);
  connection.close();
  ASSERT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::none) << connection.reason();
  EXPECT_EQ(server.resumed(), 1);
  RedisConnection wrong({server.address()}, "", {},
                        {.logins = nullptr, .allowed = {}, .tls = &tls, .server_name = "other.example"});
  connection.close();
  EXPECT_EQ(wrong.exchange(command({"PING"}), 1, within(3000)), Failure::broken);
  EXPECT_EQ(wrong.fault(), Fault::tls_name);
  EXPECT_EQ(wrong.reason(), "cannot connect: the server's certificate is for 127.0.0.1 and not for other.example");
}

TEST(RedisConnection, APasswordThatChangedMeanwhile) {
  const tests::TextFolder folder;
  const std::string file = folder.write("password", "old");
  FakeRedis server([&](const std::string& c) {
    if (c == "AUTH old") {
      folder.write("password", "new");
      return "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
    }
    return "+OK\r\n";
  });
  RedisLogins logins({.user = {}, .password = {}, .file = file});
  RedisConnection connection(
      {server.address()}, "", {},
      {.logins = &logins, .allowed = RedisLogins::Allowed::all, .tls = nullptr, .server_name = {}});
  ASSERT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::none) << connection.reason();
  EXPECT_EQ(connection.reason(), "");
  EXPECT_EQ(connection.fault(), Fault::none);
  EXPECT_EQ(server.asked("AUTH new"), 1U);
  EXPECT_EQ(server.connections(), 2U);
}

TEST(RedisConnection, AWrongPasswordIsTriedOnce) {
  const tests::TextFolder folder;
  FakeRedis server([&](const std::string&) { return "-WRONGPASS invalid username-password pair\r\n"; });
  RedisLogins logins({.user = {}, .password = {}, .file = folder.write("password", "old")});
  RedisConnection connection(
      {server.address()}, "", {},
      {.logins = &logins, .allowed = RedisLogins::Allowed::all, .tls = nullptr, .server_name = {}});
  EXPECT_EQ(connection.exchange(command({"PING"}), 1, within(3000)), Failure::refused);
  EXPECT_EQ(connection.fault(), Fault::auth);
  EXPECT_EQ(server.asked("AUTH old"), 1U);
}

TEST(RedisConnection, FaultsByTheServersWords) {
  EXPECT_EQ(redis_fault("WRONGPASS invalid username-password pair or user is disabled."), Fault::auth);
  EXPECT_EQ(redis_fault("NOAUTH Authentication required."), Fault::auth);
  EXPECT_EQ(redis_fault("ERR invalid password"), Fault::auth);
  EXPECT_EQ(redis_fault("ERR AUTH <password> called without any password configured for the default user."),
            Fault::auth);
  EXPECT_EQ(redis_fault("NOPERM this user has no permissions to run the 'info' command"), Fault::denied);
  EXPECT_EQ(redis_fault("DENIED Redis is running in protected mode"), Fault::denied);
  EXPECT_EQ(redis_fault("LOADING Redis is loading the dataset in memory"), Fault::loading);
  EXPECT_EQ(redis_fault("ERR max number of clients reached"), Fault::refused);
  EXPECT_EQ(redis_fault("ERR DB index is out of range"), Fault::protocol);
}

TEST(ByteStream, FaultsByErrors) {
  EXPECT_EQ(connect_to({.host = "name.invalid", .port = 1, .path = {}}, within(3000)).fault, Fault::dns);
  EXPECT_EQ(fault_of(ECONNREFUSED), Fault::refused);
  EXPECT_EQ(fault_of(ETIMEDOUT), Fault::timeout);
  EXPECT_EQ(fault_of(EACCES), Fault::denied);
  EXPECT_EQ(fault_of(ECANCELED), Fault::stopping);
  EXPECT_EQ(fault_of(ENETUNREACH), Fault::network);
  EXPECT_EQ(fault_of(0), Fault::none);
}

TEST(ByteStream, UnixSocketsAndLongPaths) {
  const Connected longer = connect_to({.host = {}, .port = 0, .path = "/" + std::string(200, 'x')}, within(100));
  EXPECT_EQ(longer.reason, "file name too long");
  const Connected missing = connect_to({.host = {}, .port = 0, .path = "/nonexistent/x"}, within(100));
  EXPECT_EQ(missing.reason, "no such file or directory");
  EXPECT_EQ(missing.error, ENOENT);
}

}  // namespace
}  // namespace platform
