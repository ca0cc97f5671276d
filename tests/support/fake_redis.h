// A server on a loopback port, for what a real one does not do on demand.
#pragma once
#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/dir.h"
#include "platform/redis_address.h"

namespace tests {

class FakeServer {
 public:
  // `serve` gets each accepted connection in turn, with its number from 0; it is closed afterwards.
  using Serve = std::function<void(int fd, int number)>;
  // With `at_once` each has a thread of its own.
  explicit FakeServer(Serve serve, bool at_once = false);
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  ~FakeServer();
  platform::RedisAddress address() const;

 private:
  void serve_alone(platform::Fd fd, int number);

  Serve serve_;
  const bool at_once_;
  platform::Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> current_{-1};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<int> open_;  // served by threads of their own
  std::vector<std::thread> threads_;
  std::thread thread_;
};

void send_text(int fd, std::string_view text);
// Reads once; empty at the end of the stream.
std::string receive_text(int fd);

// Answers commands until the client hangs up: `answer` gets the words joined by blanks and gives the bytes to send.
class FakeRedis {
 public:
  using Answer = std::function<std::string(const std::string& command)>;
  // With `at_once` several clients are served at a time, and `answer` is called by one of them at a time.
  explicit FakeRedis(Answer answer, bool at_once = false);
  platform::RedisAddress address() const { return server_.address(); }
  // Commands so far that begin with `words`.
  std::size_t asked(const std::string& words);
  // All of them.
  std::vector<std::string> commands();
  // How often something was read from a client: a pipeline in one write is one.
  std::size_t reads();
  std::size_t connections();

 private:
  void serve(int fd);
  Answer answer_;
  std::mutex mutex_;
  std::vector<std::string> commands_;
  std::size_t reads_ = 0;
  std::size_t connections_ = 0;
  FakeServer server_;
};

}  // namespace tests
