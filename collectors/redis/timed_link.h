// The connection of a thread that reads between scrapes, with the time that its answers take: how much it asks for at
// once, and how long it rests.
#pragma once
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "collectors/redis/command.h"
#include "platform/background.h"

namespace exporter::redis::keys {

// For one thread. Each exchange ends after kLongestAnswer, or when `stop` becomes readable.
class TimedLink final : public Dialogue {
 public:
  using Clock = std::chrono::steady_clock;

  TimedLink(std::unique_ptr<platform::RedisConnection> connection, int stop)
      : connection_(std::move(connection)), stop_(stop) {}

  bool exchange(const Questions& questions) override {
    const auto start = Clock::now();
    broken_ = connection_->exchange(questions.text, questions.count, {start + kLongestAnswer, stop_}) !=
              platform::RedisConnection::Failure::none;
    const auto took = Clock::now() - start;
    // The quickest answer is what the way takes; the rest is the server's, and also ours.
    way_ = std::min(way_, took);
    server_ += took - way_;
    waited_ += took;
    return !broken_;
  }
  Reply reply(std::size_t index) const noexcept override { return connection_->reply(index); }
  Clock::time_point deadline() const noexcept override { return Clock::now() + kLongestAnswer; }
  int database() const noexcept override { return connection_->address().database; }
  std::unique_ptr<platform::RedisConnection> another() const override { return connection_->another(); }
  bool broken() const noexcept { return broken_; }
  const std::string& reason() const noexcept { return connection_->reason(); }

  struct Time {
    Clock::duration server;
    Clock::duration waited;
  };
  // Since it was asked last.
  Time time() { return {std::exchange(server_, {}), std::exchange(waited_, {})}; }

 private:
  static constexpr std::chrono::seconds kLongestAnswer{10};
  const std::unique_ptr<platform::RedisConnection> connection_;
  const int stop_;
  bool broken_ = false;  // the last exchange failed
  Clock::duration way_ = kLongestAnswer;
  Clock::duration server_{};
  Clock::duration waited_{};
};

// How much to ask for at once, by the time that the last answer took.
class Portion {
 public:
  using Duration = std::chrono::steady_clock::duration;
  Portion(std::size_t least, std::size_t most) : least_(std::min(least, most)), most_(most), size_(least_) {}
  std::size_t size() const noexcept { return size_; }
  // An answer to a whole portion, or less than one, took the server this long.
  void took(Duration time, bool whole) noexcept {
    if (time > kMuch) {
      size_ = std::max(least_, size_ / 2);
    } else if (time < kLittle && whole) {
      size_ = std::min(most_, size_ + size_ / 2 + 1);
    }
  }

 private:
  static constexpr std::chrono::microseconds kLittle{350};
  static constexpr std::chrono::microseconds kMuch{700};
  std::size_t least_;
  std::size_t most_;
  std::size_t size_;
};

// Waits nine times as long as the server worked; time in which it waited for us counts. False when the thread shall
// end.
inline bool rest_after(platform::Background& background, TimedLink::Time time) {
  constexpr int kRestPerWork = 9;
  std::unique_lock lock(background.mutex());
  const auto rest = kRestPerWork * time.server - (time.waited - time.server);
  return !background.changed().wait_for(lock, std::max(rest, TimedLink::Clock::duration{}),
                                        [&] { return background.stopping(); });
}

}  // namespace exporter::redis::keys
