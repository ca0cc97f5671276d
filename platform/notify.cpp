#include "platform/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "platform/dir.h"
#include "platform/text.h"

namespace platform {

void notify_service_manager(std::string_view state) noexcept {
  const char* const path = std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): nobody changes it
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) {
    return;
  }
  sockaddr_un address{};
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) {
    return;
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') {
    address.sun_path[0] = '\0';
  }
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket) {
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    (void)::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
                   size);
  }
}

std::optional<std::chrono::microseconds> watchdog_time() noexcept {
  const char* const time = std::getenv("WATCHDOG_USEC");    // NOLINT(concurrency-mt-unsafe): nobody changes it
  const char* const process = std::getenv("WATCHDOG_PID");  // NOLINT(concurrency-mt-unsafe): likewise
  if (time == nullptr || (process != nullptr && number<pid_t>(std::string_view(process)) != ::getpid())) {
    return std::nullopt;
  }
  const auto found = number<std::int64_t>(std::string_view(time));
  return found && *found > 0 ? std::optional(std::chrono::microseconds(*found)) : std::nullopt;
}

}  // namespace platform
