// One of those who are in the same place at the same time, such as the requests under way.
#pragma once
#include <atomic>
#include <cstdint>

namespace platform {

struct Counted {
  std::atomic<std::int64_t>& count;
  const std::int64_t number;  // this one, from 1, at the time it came

  explicit Counted(std::atomic<std::int64_t>& counter) : count(counter), number(++counter) {}
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --count; }
};

}  // namespace platform
