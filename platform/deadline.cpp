#include "platform/deadline.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace platform {

int Deadline::left_ms() const noexcept {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
}

bool Deadline::over() const noexcept {
  pollfd stop{stop_fd, POLLIN, 0};
  return expired() || ::poll(&stop, 1, 0) > 0;
}

Deadline::Wait Deadline::wait(int fd, short events) const noexcept {
  for (;;) {
    std::array<pollfd, 2> polled{{{fd, events, 0}, {stop_fd, POLLIN, 0}}};  // poll ignores a negative descriptor
    const int ready = ::poll(polled.data(), polled.size(), left_ms());
    if (ready < 0) {
      if (errno == EINTR) {
        continue;
      }
      return Wait::error;
    }
    if (polled[1].revents != 0) {
      return Wait::stopped;
    }
    if (polled[0].revents != 0) {
      return Wait::ready;
    }
    if (expired()) {
      return Wait::expired;
    }
  }
}

}  // namespace platform
