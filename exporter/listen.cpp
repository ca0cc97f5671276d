#include "exporter/listen.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "platform/text.h"

namespace exporter {
namespace {

constexpr int kBacklog = 128;

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw OptionError("--web.listen-address=" + text + ": " + why);
}

std::string reason(int error) {
  std::string text = std::generic_category().message(error);
  if (error == EADDRINUSE) {
    text += " (another program listens there; stop it or choose another port)";
  } else if (error == EACCES) {
    text += " (ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher one)";
  } else if (error == EADDRNOTAVAIL) {
    text += " (this machine has no such address)";
  }
  return text;
}

platform::Fd bind_socket(const std::string& text, int family, const sockaddr* address, socklen_t length) {
  platform::Fd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  const int off = 0;
  if (!fd) {
    return fd;
  }
  if (family != AF_UNIX) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  if (family == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (::bind(fd.get(), address, length) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    refuse(text, reason(errno));
  }
  return fd;
}

platform::Fd listen_unix(const std::string& text, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    refuse(text, "the path of a unix socket has 1 to 107 characters");
  }
  path.copy(address.sun_path, path.size());
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
    // A socket that nobody answers on was left behind by an earlier run.
    const platform::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::unlink(path.c_str());
    }
  }
  return bind_socket(text, AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

platform::Fd listen_any(const std::string& text, std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  if (auto fd = bind_socket(text, AF_INET6, reinterpret_cast<const sockaddr*>(&address), sizeof address)) {
    return fd;
  }
  sockaddr_in fallback{};  // a kernel without IPv6
  fallback.sin_family = AF_INET;
  fallback.sin_port = htons(port);
  return bind_socket(text, AF_INET, reinterpret_cast<const sockaddr*>(&fallback), sizeof fallback);
}

}  // namespace

Listener listen_on(const std::string& text) {
  Listener result;
  std::string_view rest = text;
  for (std::size_t i = 0; i < kModules; ++i) {
    const auto module = static_cast<Module>(i);
    const std::string prefix = std::string(to_text(module)) + "=";
    if (rest.starts_with(prefix)) {
      result.module = module;
      rest.remove_prefix(prefix.size());
    }
  }
  if (rest.starts_with("unix:")) {
    result.address = rest.substr(5);
    result.socket = listen_unix(text, result.address);
    return result;
  }
  const auto colon = rest.rfind(':');
  const auto port =
      colon == std::string_view::npos ? std::nullopt : platform::number<std::uint16_t>(rest.substr(colon + 1));
  if (!port) {
    refuse(text,
           "expected [MODULE=]HOST:PORT, [MODULE=]:PORT or unix:/PATH, with MODULE node, container, postgres or redis");
  }
  std::string host(rest.substr(0, colon));
  if (host.empty()) {
    result.socket = listen_any(text, *port);
  } else {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
      host = host.substr(1, host.size() - 2);
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(host.c_str(), std::to_string(*port).c_str(), &hints, &found)) {
      refuse(text, std::string(::gai_strerror(error)) + " (host '" + host + "')");
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> guard(found, ::freeaddrinfo);
    result.socket = bind_socket(text, found->ai_family, found->ai_addr, found->ai_addrlen);
  }
  if (!result.socket) {
    refuse(text, reason(errno));
  }
  // Port 0 lets the kernel choose: show what it chose.
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  ::getsockname(result.socket.get(), reinterpret_cast<sockaddr*>(&bound), &length);
  const auto chosen = bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                                  : reinterpret_cast<const sockaddr_in&>(bound).sin_port;
  const bool brackets = host.find(':') != std::string::npos;
  result.address = (brackets ? "[" + host + "]" : host) + ":" + std::to_string(ntohs(chosen));
  return result;
}

std::string local_url(const Listener& listener, bool tls) {
  if (listener.address.starts_with('/')) {
    return {};
  }
  const bool any = listener.address.starts_with(':') || listener.address.starts_with("0.0.0.0:") ||
                   listener.address.starts_with("[::]:");
  return (tls ? "https://" : "http://") +
         (any ? "localhost" + listener.address.substr(listener.address.rfind(':')) : listener.address) + "/";
}

}  // namespace exporter
