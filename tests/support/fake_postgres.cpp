#include "tests/support/fake_postgres.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "tests/support/postgres_fixture.h"

namespace tests {
namespace {

void put16(std::string& out, std::size_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}

void put32(std::string& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

std::uint32_t get32(const char* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return ntohl(value);
}

void put_message(std::string& out, char type, const std::string& body) {
  out.push_back(type);
  put32(out, static_cast<std::uint32_t>(body.size() + 4));
  out += body;
}

void put_error(std::string& out, const char* severity, const std::string& sqlstate, const std::string& message) {
  std::string body;
  for (const auto& [field, text] :
       {std::pair<char, std::string>('S', severity), {'V', severity}, {'C', sqlstate}, {'M', message}}) {
    body.push_back(field);
    body += text;
    body.push_back('\0');
  }
  body.push_back('\0');
  put_message(out, 'E', body);
}

void put_ready(std::string& out) { put_message(out, 'Z', "I"); }

void put_description(std::string& out, const TextRows& rows) {
  std::string body;
  put16(body, rows.columns());
  for (std::size_t column = 0; column < rows.columns(); ++column) {
    body.append(rows.name(column)).push_back('\0');
    put32(body, 0);
    put16(body, 0);
    put32(body, 25);  // text
    put16(body, 0xffff);
    put32(body, 0xffffffff);
    put16(body, 0);
  }
  put_message(out, 'T', body);
}

void put_rows(std::string& out, const TextRows& rows) {
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    std::string body;
    put16(body, rows.columns());
    for (std::size_t column = 0; column < rows.columns(); ++column) {
      if (rows.null(row, column)) {
        put32(body, 0xffffffff);
      } else {
        put32(body, static_cast<std::uint32_t>(rows.text(row, column).size()));
        body.append(rows.text(row, column));
      }
    }
    put_message(out, 'D', body);
  }
  put_message(out, 'C', std::string("SELECT 1\0", 9));
}

}  // namespace

struct FakePostgres::Connection {
  platform::Fd fd;
  std::thread thread;
};

FakePostgres::FakePostgres(Say say, FakeLogin login)
    : say_(std::move(say)), login_(std::move(login)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener_.get(), 16), 0);
  EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

FakePostgres::~FakePostgres() {
  stop_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
  restart();
  for (auto& connection : connections_) {
    connection->thread.join();
  }
}

void FakePostgres::run() {
  while (!stop_) {
    platform::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) {
      continue;
    }
    const std::lock_guard lock(mutex_);
    auto& connection = *connections_.emplace_back(std::make_unique<Connection>());
    connection.fd = std::move(fd);
    // Those that the client has not closed, whether their threads know or not.
    most_ = std::max<unsigned>(
        most_, static_cast<unsigned>(std::count_if(connections_.begin(), connections_.end(), [](const auto& one) {
          pollfd state{.fd = one->fd.get(), .events = POLLRDHUP, .revents = 0};
          return ::poll(&state, 1, 0) == 0 || (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0;
        })));
    connection.thread = std::thread([this, &connection] {
      serve(connection);
      ::shutdown(connection.fd.get(), SHUT_RDWR);
    });
  }
}

void FakePostgres::restart() {
  const std::lock_guard lock(mutex_);
  for (auto& connection : connections_) {
    ::shutdown(connection->fd.get(), SHUT_RDWR);
  }
}

void FakePostgres::refuse(const std::string& database) {
  const std::lock_guard lock(mutex_);
  refused_.push_back(database);
}

unsigned FakePostgres::logins(const std::string& database) const {
  const std::lock_guard lock(mutex_);
  return static_cast<unsigned>(std::count(logins_.begin(), logins_.end(), database));
}

unsigned FakePostgres::logins() const {
  const std::lock_guard lock(mutex_);
  return static_cast<unsigned>(logins_.size());
}

unsigned FakePostgres::executions(const std::string& database, const std::string& part) const {
  const std::lock_guard lock(mutex_);
  return static_cast<unsigned>(std::count_if(executed_.begin(), executed_.end(), [&](const auto& one) {
    return one.first == database && one.second.find(part) != std::string::npos;
  }));
}

// A message in the simple protocol; false when the connection shall end.
bool FakePostgres::answer_simple(int fd, const std::string& database, char type, const std::string& body,
                                 std::string& out) {
  const std::string sql = body.c_str();
  const FakeAnswer answer = say_(database, sql);
  if (type != 'Q') {
    put_error(out, "FATAL", "08P01", "extended query protocol not supported by admin console");
    ::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
    return false;
  }
  if (answer.silent) {
    char ignored[64];
    while (::read(fd, ignored, sizeof ignored) > 0) {
    }
    return false;
  }
  if (!answer.sqlstate.empty()) {
    put_error(out, "ERROR", answer.sqlstate, answer.message);
  } else {
    const std::lock_guard lock(mutex_);
    executed_.emplace_back(database, sql);
    put_description(out, TextRows(answer.tsv));
    put_rows(out, TextRows(answer.tsv));
  }
  put_ready(out);
  return true;
}

void FakePostgres::serve(Connection& connection) {
  const int fd = connection.fd.get();
  const auto read_exactly = [&](char* out, std::size_t size) {
    while (size > 0) {
      const auto got = ::read(fd, out, size);
      if (got <= 0) {
        return false;
      }
      out += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  };
  const auto write = [&](const std::string& out) {
    return ::send(fd, out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
  };
  const auto next = [&](std::string& body, bool typed, char& type) {
    char size[4];
    if ((typed && !read_exactly(&type, 1)) || !read_exactly(size, sizeof size)) {
      return false;
    }
    body.resize(get32(size) - 4);
    return read_exactly(body.data(), body.size());
  };
  char type = 0;
  std::string body;
  if (!next(body, false, type) || body.size() < 4) {
    return;
  }
  // "user\0watcher\0database\0postgres\0..." after the version of the protocol.
  std::string database;
  for (std::size_t at = 4; at + 1 < body.size();) {
    const std::string key = body.c_str() + at;
    const std::string value = body.c_str() + at + key.size() + 1;
    at += key.size() + value.size() + 2;
    if (key == "database") {
      database = value;
    }
  }
  std::string out;
  {
    const std::lock_guard lock(mutex_);
    logins_.push_back(database);
    if (std::find(refused_.begin(), refused_.end(), database) != refused_.end()) {
      put_error(out, "FATAL", "3D000", "database \"" + database + "\" does not exist");
    }
    if (!login_.refusal.empty()) {
      put_error(out, "FATAL", "08P01", login_.refusal);
    }
  }
  if (!out.empty()) {
    write(out);
    return;
  }
  put_message(out, 'R', std::string(4, '\0'));
  put_message(out, 'S', std::string("server_version\0", 15) + login_.version + '\0');
  put_message(out, 'S', std::string("client_encoding\0UTF8\0", 21));
  std::string key;
  put32(key, login_.pid);
  put32(key, 1);
  put_message(out, 'K', key);
  put_ready(out);
  std::map<std::string, std::string> prepared;
  std::string sql;
  bool skipping = false;
  FakeAnswer answer;
  while (write(out) && next(body, true, type)) {
    out.clear();
    if (login_.simple) {
      if (type == 'X' || !answer_simple(fd, database, type, body, out)) {
        return;
      }
      continue;
    }
    if (type == 'S') {
      skipping = false;
      if (login_.forgets) {
        prepared.clear();
      }
      put_ready(out);
      continue;
    }
    if (skipping) {
      continue;
    }
    if (type == 'P') {
      const std::string name = body.c_str();
      prepared[name] = body.c_str() + name.size() + 1;
      prepared_ += name.empty() ? 0 : 1;
      put_message(out, '1', "");
    } else if (type == 'B') {
      const std::string portal = body.c_str();
      const std::string name = body.c_str() + portal.size() + 1;
      sql = prepared[name];
      answer = say_(database, sql);
      if (login_.forgets && sql.empty()) {
        answer = {};
        answer.sqlstate = "26000";
        answer.message = "prepared statement \"" + name + "\" does not exist";
      }
      if (answer.silent) {
        while (::read(fd, body.data(), body.size()) > 0) {
        }
        return;
      }
      if (!answer.raw.empty()) {
        write(answer.raw);
        return;
      }
      if (!answer.sqlstate.empty()) {
        put_error(out, "ERROR", answer.sqlstate, answer.message);
        skipping = true;
      } else {
        put_message(out, '2', "");
      }
    } else if (type == 'D') {
      put_description(out, TextRows(answer.tsv));
    } else if (type == 'E') {
      {
        const std::lock_guard lock(mutex_);
        executed_.emplace_back(database, sql);
      }
      put_rows(out, TextRows(answer.tsv));
    } else if (type == 'X') {
      return;
    }
  }
}

}  // namespace tests
