#include "platform/udp_query.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

#include "platform/dir.h"

namespace platform {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

int open_socket(const UdpQuery& query, Fd& out) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(query.host.c_str(), std::to_string(query.port).c_str(), &hints, &found) != 0) {
    return EADDRNOTAVAIL;
  }
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  out.reset(::socket(found->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!out) {
    return errno;
  }
  if (query.ttl > 0) {
    const bool v6 = found->ai_family == AF_INET6;
    if (::setsockopt(out.get(), v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_UNICAST_HOPS : IP_TTL, &query.ttl,
                     sizeof query.ttl) != 0) {
      return errno;
    }
  }
  // Connected: datagrams from elsewhere are not ours to see, and a port nobody listens on is an error at once.
  return ::connect(out.get(), found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
}

}  // namespace

int ask(const UdpQuery& query, std::span<const char> question, const std::function<void()>& about_to_send,
        std::span<char> answer, std::size_t& got, const Deadline& deadline) {
  Fd socket;
  if (const int error = open_socket(query, socket)) {
    return error;
  }
  about_to_send();
  if (::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0) {
    return errno;
  }
  for (;;) {
    switch (deadline.wait(socket.get(), POLLIN)) {
      case Deadline::Wait::ready:
        break;
      case Deadline::Wait::expired:
        return ETIMEDOUT;
      case Deadline::Wait::stopped:
        return ECANCELED;
      case Deadline::Wait::error:
        return EIO;
    }
    const ssize_t size = ::recv(socket.get(), answer.data(), answer.size(), 0);
    if (size >= 0) {
      got = static_cast<std::size_t>(size);
      return 0;
    }
    if (errno != EAGAIN && errno != EINTR) {
      return errno;
    }
  }
}

}  // namespace platform
