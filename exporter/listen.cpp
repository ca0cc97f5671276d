#include "exporter/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>

#include "platform/text.h"

namespace exporter {
namespace {

constexpr int kBacklog = 128;

std::string place_of(const std::string& text) { return "--web.listen-address=" + text + ": "; }

[[noreturn]] void refuse(const std::string& text, const std::string& why) { throw OptionError(place_of(text) + why); }

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

// Who may connect to a unix socket, where that is said.
struct Owner {
  std::optional<mode_t> mode;
  std::optional<gid_t> group;
};

gid_t group_of(const std::string& text, const std::string& name) {
  if (const auto number = platform::number<gid_t>(name)) {
    return *number;
  }
  std::array<char, 4096> buffer{};
  group entry{};
  group* found = nullptr;
  if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    refuse(text, "there is no group '" + name + "'");
  }
  return found->gr_gid;
}

// "mode=0660&group=prometheus"
Owner read_owner(const std::string& text, std::string_view parameters) {
  Owner owner;
  while (!parameters.empty()) {
    std::string_view value = platform::take(parameters, '&');
    const auto name = platform::take(value, '=');
    if (name == "mode") {
      unsigned mode = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), mode, 8);
      if (error != std::errc{} || end != value.data() + value.size() || mode > 0777) {
        refuse(text, "the mode is octal, as in mode=0660");
      }
      owner.mode = mode;
    } else if (name == "group") {
      owner.group = group_of(text, std::string(value));
    } else {
      refuse(text, "behind '?' stand mode=0660 and group=GROUP, separated by '&'");
    }
  }
  return owner;
}

platform::Fd bind_socket(const std::string& text, int family, const sockaddr* address, socklen_t length,
                         const std::function<void()>& bound = nullptr) {
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
  if (::bind(fd.get(), address, length) != 0) {
    throw ListenError(place_of(text) + reason(errno));
  }
  if (bound) {
    bound();
  }
  if (::listen(fd.get(), kBacklog) != 0) {
    throw ListenError(place_of(text) + reason(errno));
  }
  return fd;
}

platform::Fd listen_unix(const std::string& text, const std::string& path, const Owner& owner) {
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
  // Nobody can connect before it listens.
  return bind_socket(text, AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, [&] {
    if ((owner.group && ::chown(path.c_str(), static_cast<uid_t>(-1), *owner.group) != 0) ||
        (owner.mode && ::chmod(path.c_str(), *owner.mode) != 0)) {
      const int error = errno;
      ::unlink(path.c_str());
      refuse(text, std::generic_category().message(error) + " (the exporter's user must be in that group)");
    }
  });
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

std::optional<Module> module_of(std::string_view name) {
  for (std::size_t i = 0; i < kModules; ++i) {
    if (to_text(static_cast<Module>(i)) == name) {
      return static_cast<Module>(i);
    }
  }
  return std::nullopt;
}

// MODULE= in front of an address.
std::optional<Module> take_module(std::string_view& text) {
  const auto equals = text.find('=');
  const auto module = equals == std::string_view::npos ? std::nullopt : module_of(text.substr(0, equals));
  text.remove_prefix(module ? equals + 1 : 0);
  return module;
}

std::uint16_t bound_port(const platform::Fd& socket) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &length);
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

// As the log shows it.
std::string bound_address(const platform::Fd& socket) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &length);
  if (bound.ss_family == AF_UNIX) {
    const auto& path = reinterpret_cast<const sockaddr_un&>(bound).sun_path;
    return path[0] == '\0' ? "@" + std::string(path + 1) : std::string(path);
  }
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (bound.ss_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(bound).sin6_addr, host.data(), host.size());
    return "[" + std::string(host.data()) + "]:" + std::to_string(bound_port(socket));
  }
  ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(bound).sin_addr, host.data(), host.size());
  return std::string(host.data()) + ":" + std::to_string(bound_port(socket));
}

}  // namespace

Listener listen_on(const std::string& text) {
  Listener result;
  std::string_view rest = text;
  result.module = take_module(rest);
  if (rest.starts_with("unix:")) {
    rest.remove_prefix(5);
    result.address = platform::take(rest, '?');
    result.socket = listen_unix(text, result.address, read_owner(text, rest));
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
    throw ListenError(place_of(text) + reason(errno));
  }
  // Port 0 lets the kernel choose: show what it chose.
  const bool brackets = host.find(':') != std::string::npos;
  result.address = (brackets ? "[" + host + "]" : host) + ":" + std::to_string(bound_port(result.socket));
  return result;
}

std::vector<Listener> listeners_of_systemd() {
  constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
  constexpr int kMost = 64;
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): there is no other thread yet
    return std::string(value == nullptr ? "" : value);
  };
  const auto process = platform::number<pid_t>(variable("LISTEN_PID"));
  const auto count = platform::number<int>(variable("LISTEN_FDS"));
  if (!process || *process != ::getpid() || !count || *count < 1 || *count > kMost) {
    throw OptionError(
        "--web.systemd-socket: systemd passed no socket; start resource_exporter.socket, or leave the option out");
  }
  std::vector<Listener> listeners;
  const std::string all_names = variable("LISTEN_FDNAMES");
  std::string_view names = all_names;
  for (int fd = kFirst; fd < kFirst + *count; ++fd) {
    Listener& listener = listeners.emplace_back();
    listener.socket.reset(fd);
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    int listening = 0;
    socklen_t size = sizeof listening;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) {
      throw OptionError("--web.systemd-socket: descriptor " + std::to_string(fd) +
                        " is no listening stream socket (ListenStream= with Accept=no)");
    }
    listener.address = bound_address(listener.socket);
    listener.module = module_of(platform::take(names, ':'));
  }
  return listeners;
}

std::string client_url(std::string_view text, bool tls) {
  take_module(text);
  if (text.starts_with("unix:")) {
    return std::string(platform::take(text, '?'));
  }
  const auto host = text.substr(0, text.rfind(':'));
  const bool any = host.empty() || host == "0.0.0.0" || host == "[::]";
  // Not "localhost": an image of one program need not know that name.
  return (tls ? "https://" : "http://") + std::string(any ? "127.0.0.1" : host) + std::string(text.substr(host.size()));
}

std::string local_url(const Listener& listener, bool tls) {
  if (listener.address.starts_with('/') || listener.address.starts_with('@')) {
    return {};
  }
  const bool any = listener.address.starts_with(':') || listener.address.starts_with("0.0.0.0:") ||
                   listener.address.starts_with("[::]:");
  return (tls ? "https://" : "http://") +
         (any ? "localhost" + listener.address.substr(listener.address.rfind(':')) : listener.address) + "/";
}

}  // namespace exporter
