// The TCP sockets of a network namespace, this one unless told otherwise: sock_diag(7), which hands out a few dozen
// octets a socket, or the tables /proc/net/tcp and tcp6 (proc(5)).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "platform/netlink.h"

namespace platform {

// As the kernel numbers them (include/net/tcp_states.h).
enum class TcpState : std::uint8_t {
  established = 1,
  syn_sent,
  syn_recv,
  fin_wait1,
  fin_wait2,
  time_wait,
  close,
  close_wait,
  last_ack,
  listen,
  closing,
  new_syn_recv,
};
inline constexpr std::size_t kTcpStates = 13;  // 0 is none

struct TcpSocket {
  TcpState state{};
  std::uint16_t port = 0;  // the local one
  // Octets not yet read and not yet acknowledged. Of a listening socket: connections that wait to be accepted, and how
  // many may (sock_diag) or 0 (the table).
  std::uint32_t receive_queue = 0;
  std::uint32_t send_queue = 0;
};

// One SOCK_DIAG_BY_FAMILY message without its nlmsghdr; nothing when it is too short or its state is none.
std::optional<TcpSocket> parse_tcp_message(std::span<const char> payload) noexcept;
// One line of /proc/net/tcp or tcp6; nothing for the heading and for a line that cannot be read.
std::optional<TcpSocket> parse_tcp_line(std::string_view line) noexcept;

// For one thread at a time. The kernel takes about a microsecond a socket and locks what it looks at for moments only.
class TcpDump {
 public:
  // As netlink::Socket: for the sockets of another network namespace.
  int open_in(const Fd& file, const Fd& home) { return socket_.open_in(file, home); }
  void close() noexcept { socket_.close(); }

  // Visits the sockets of `family` (AF_INET or AF_INET6) that are in one of `states`, bits by TcpState's numbers;
  // start() is called before the first and again when the dump begins anew. Returns 0 or an errno value: ENOENT
  // without the kernel's tcp_diag.
  template <class Start, class Visit>  // void(const TcpSocket&)
  int sockets(std::uint8_t family, std::uint32_t states, Start&& start, Visit&& visit) {
    netlink::Request request = ask_for(family, states);
    return socket_.dump(request, start, [&](const netlink::Message& message) {
      if (const auto socket = parse_tcp_message(message.payload)) {
        visit(*socket);
      }
    });
  }

 private:
  static netlink::Request ask_for(std::uint8_t family, std::uint32_t states);
  netlink::Socket socket_{NETLINK_SOCK_DIAG};
};

}  // namespace platform
