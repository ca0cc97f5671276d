// Waiting for a descriptor with an end: a point in time, or the end of the program.
#pragma once
#include <chrono>

namespace platform {

struct Deadline {
  std::chrono::steady_clock::time_point at;
  int stop_fd = -1;  // readable when the program ends; -1 for none

  enum class Wait { ready, expired, stopped, error };
  // Waits until `fd` has one of `events` (POLLIN, POLLOUT) or an error condition, the deadline passes or stop_fd
  // becomes readable.
  Wait wait(int fd, short events) const noexcept;
  bool expired() const noexcept { return std::chrono::steady_clock::now() >= at; }
  // True when it has passed or the program ends: to be asked now and then in a long piece of work.
  bool over() const noexcept;
  // Milliseconds left, rounded up, 0 when expired.
  int left_ms() const noexcept;
};

}  // namespace platform
