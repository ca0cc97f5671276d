// The connections of the scrape port that wait for their next bytes, in places that events of epoll(7) can name, within
// bounds of their number and of the bytes that they hold. No lock of its own: the server's mutex guards it.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "exporter/http_connection.h"

namespace exporter {

class HttpWaiting {
 public:
  using Clock = std::chrono::steady_clock;
  using Held = std::unique_ptr<HttpConnection>;

  // What an event belongs to: `turn` 0 for the server's own descriptors, else the how-manieth connection of the place,
  // so that an event for one that is closed already is not taken for its successor's.
  struct Tag {
    std::uint32_t turn;
    std::uint32_t place;

    std::uint64_t packed() const { return std::uint64_t{turn} << 32 | place; }
    static Tag of(std::uint64_t packed) {
      return {static_cast<std::uint32_t>(packed >> 32), static_cast<std::uint32_t>(packed)};
    }
  };

  // Those with a place, whether they wait or somebody has them.
  std::size_t size() const noexcept { return size_; }
  // Bytes of those that wait.
  std::size_t held() const noexcept { return held_; }

  // A place for a new connection, until leave().
  Tag enter();
  // It waits there. What it weighs is taken now.
  void put(Held connection, Tag tag);
  // The one that waits there; null when it has left, or when somebody has it.
  Held take(Tag tag);
  // The place is free, whatever may still come for its connection.
  void leave(std::uint32_t place);
  // The one that would time out first, which has left; null when none waits.
  Held oust();
  // Closes those whose time is over. When the next one's is; max() when none waits.
  Clock::time_point expire(Clock::time_point now);

 private:
  struct Place {
    Held connection;  // null while a thread has it, and while the place is free
    std::size_t weight = 0;
    std::uint32_t turn = 1;
  };
  Held take_from(Place& place);

  std::vector<Place> places_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
  std::size_t held_ = 0;
};

}  // namespace exporter
