#include "platform/byte_stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>

#include "platform/dir.h"

namespace platform {
namespace {

int wait(int fd, short events, const Deadline& deadline) {
  switch (deadline.wait(fd, events)) {
    case Deadline::Wait::ready:
      return 0;
    case Deadline::Wait::expired:
      return ETIMEDOUT;
    case Deadline::Wait::stopped:
      return ECANCELED;
    case Deadline::Wait::error:
      break;
  }
  return EIO;
}

class Socket final : public ByteStream {
 public:
  explicit Socket(Fd fd) : fd_(std::move(fd)) {}

  int descriptor() const noexcept override { return fd_.get(); }

  int send(std::string_view bytes, const Deadline& deadline) override {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (const int error = retry(POLLOUT, deadline)) {
        return error;
      }
    }
    return 0;
  }

  int receive(std::span<char> into, std::size_t& got, const Deadline& deadline) override {
    for (;;) {
      // Looked at before every read: a peer that sends without end must not keep us past the deadline.
      if (deadline.expired()) {
        return ETIMEDOUT;
      }
      const auto size = ::recv(fd_.get(), into.data(), into.size(), 0);
      if (size >= 0) {
        got = static_cast<std::size_t>(size);
        return 0;
      }
      if (const int error = retry(POLLIN, deadline)) {
        return error;
      }
    }
  }

 private:
  // After a failed call: 0 when it should be made again.
  int retry(short events, const Deadline& deadline) const {
    if (errno == EINTR) {
      return 0;
    }
    return errno == EAGAIN ? wait(fd_.get(), events, deadline) : errno;
  }
  Fd fd_;
};

Connected failure(int error) {
  Connected result;
  result.error = error;
  result.fault = fault_of(error);
  result.reason = error_text(error);
  return result;
}

Connected connect_address(const sockaddr* address, socklen_t size, const Deadline& deadline) {
  Fd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    return failure(errno);
  }
  if (address->sa_family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }
  if (::connect(fd.get(), address, size) != 0) {
    // A unix socket with a full backlog says EAGAIN, which is final: such a connect cannot be waited for.
    if (errno != EINPROGRESS && errno != EINTR) {
      return failure(errno);
    }
    if (const int error = wait(fd.get(), POLLOUT, deadline)) {
      return failure(error);
    }
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
      return failure(error != 0 ? error : errno);
    }
  }
  Connected result;
  result.stream = std::make_unique<Socket>(std::move(fd));
  return result;
}

Connected connect_unix(const std::string& path, const Deadline& deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return failure(ENAMETOOLONG);
  }
  path.copy(address.sun_path, path.size());
  return connect_address(reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline);
}

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

}  // namespace

const Failed& ByteStream::failed() const noexcept {
  static const Failed kNothing;
  return kNothing;
}

Fault fault_of(int error) noexcept {
  switch (error) {
    case 0:
      return Fault::none;
    case ETIMEDOUT:
      return Fault::timeout;
    case EACCES:
    case EPERM:
      return Fault::denied;
    case ECANCELED:
      return Fault::stopping;
    case ECONNREFUSED:
    case ENOENT:
      return Fault::refused;
    default:
      return Fault::network;
  }
}

std::string error_text(int error) {
  if (error == ETIMEDOUT) {
    return "timeout";
  }
  if (error == ECANCELED) {
    return "the program is stopping";
  }
  std::string text = std::generic_category().message(error);
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

Connected connect_to(const Endpoint& endpoint, const Deadline& deadline) {
  if (!endpoint.path.empty()) {
    return connect_unix(endpoint.path, deadline);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found)) {
    Connected result;
    result.fault = Fault::dns;
    result.reason = std::string("cannot resolve the host name: ") + ::gai_strerror(code);
    return result;
  }
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  int left = 0;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    ++left;
  }
  Connected result = failure(EADDRNOTAVAIL);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next, --left) {
    const auto now = std::chrono::steady_clock::now();
    const Deadline share{.at = now + (deadline.at - now) / left, .stop_fd = deadline.stop_fd};
    result = connect_address(one->ai_addr, one->ai_addrlen, share);
    if (result.stream || result.error == ECANCELED) {
      break;
    }
  }
  return result;
}

}  // namespace platform
