#include "tests/support/fake_redis.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "platform/redis_reply.h"

namespace tests {

FakeServer::FakeServer(Serve serve, bool at_once)
    : serve_(std::move(serve)), at_once_(at_once), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_.get(), 16) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no loopback port");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] {
    for (int number = 0; !stop_; ++number) {
      platform::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd || stop_) {
        return;
      }
      if (at_once_) {
        serve_alone(std::move(fd), number);
        continue;
      }
      current_ = fd.get();
      serve_(fd.get(), number);
      current_ = -1;
    }
  });
}

void FakeServer::serve_alone(platform::Fd fd, int number) {
  const std::lock_guard lock(mutex_);
  open_.push_back(fd.get());
  threads_.emplace_back([this, number, own = std::move(fd)] {
    serve_(own.get(), number);
    const std::lock_guard end(mutex_);
    std::erase(open_, own.get());
    ::shutdown(own.get(), SHUT_RDWR);
  });
}

FakeServer::~FakeServer() {
  stop_ = true;
  ::shutdown(listener_.get(), SHUT_RDWR);
  if (const int fd = current_; fd >= 0) {
    ::shutdown(fd, SHUT_RDWR);
  }
  thread_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) {
      ::shutdown(fd, SHUT_RDWR);
    }
  }
  for (auto& thread : threads_) {
    thread.join();
  }
}

platform::RedisAddress FakeServer::address() const {
  platform::RedisAddress address;
  address.endpoint.host = "127.0.0.1";
  address.endpoint.port = port_;
  return address;
}

void send_text(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive_text(int fd) {
  std::array<char, 65536> buffer;
  const auto size = ::recv(fd, buffer.data(), buffer.size(), 0);
  return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

FakeRedis::FakeRedis(Answer answer, bool at_once)
    : answer_(std::move(answer)), server_([this](int fd, int) { serve(fd); }, at_once) {}

std::vector<std::string> FakeRedis::commands() {
  const std::lock_guard lock(mutex_);
  return commands_;
}

void FakeRedis::serve(int fd) {
  {
    const std::lock_guard lock(mutex_);
    ++connections_;
  }
  platform::RedisReader reader;
  for (std::size_t done = 0;;) {
    const std::string text = receive_text(fd);
    if (text.empty() || !reader.feed(text).empty()) {
      return;
    }
    std::string out;
    {
      const std::lock_guard lock(mutex_);
      ++reads_;
      for (; done < reader.size(); ++done) {
        std::string command;
        for (std::size_t i = 0; i < reader[done].size(); ++i) {
          command.append(i == 0 ? "" : " ").append(reader[done][i].text());
        }
        out += answer_(command);
        commands_.push_back(std::move(command));
      }
    }
    send_text(fd, out);
  }
}

std::size_t FakeRedis::asked(const std::string& words) {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(commands_.begin(), commands_.end(), [&](const auto& c) { return c.starts_with(words); }));
}

std::size_t FakeRedis::reads() {
  const std::lock_guard lock(mutex_);
  return reads_;
}

std::size_t FakeRedis::connections() {
  const std::lock_guard lock(mutex_);
  return connections_;
}

}  // namespace tests
