#include "platform/tcp_sockets.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include "platform/text.h"

namespace platform {
namespace {

std::optional<TcpState> state_of(unsigned number) noexcept {
  if (number == 0 || number >= kTcpStates) {
    return std::nullopt;
  }
  return static_cast<TcpState>(number);
}

}  // namespace

std::optional<TcpSocket> parse_tcp_message(std::span<const char> payload) noexcept {
  const auto message = netlink::read<inet_diag_msg>(payload);
  const auto state = message ? state_of(message->idiag_state) : std::nullopt;
  if (!state) {
    return std::nullopt;
  }
  return TcpSocket{*state, ntohs(message->id.idiag_sport), message->idiag_rqueue, message->idiag_wqueue};
}

// "   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 ..."
std::optional<TcpSocket> parse_tcp_line(std::string_view line) noexcept {
  word(line);  // number
  std::string_view local = word(line);
  word(line);  // remote
  const auto state_number = hex_number<unsigned>(word(line));
  std::string_view queues = word(line);
  const auto state = state_number ? state_of(*state_number) : std::nullopt;
  take(local, ':');
  const auto port = hex_number<std::uint16_t>(local);
  const auto send = hex_number<std::uint32_t>(take(queues, ':'));
  const auto receive = hex_number<std::uint32_t>(queues);
  if (!state || !port || !send || !receive) {
    return std::nullopt;
  }
  return TcpSocket{*state, *port, *receive, *send};
}

netlink::Request TcpDump::ask_for(std::uint8_t family, std::uint32_t states) {
  inet_diag_req_v2 header{};
  header.sdiag_family = family;
  header.sdiag_protocol = IPPROTO_TCP;
  header.idiag_states = states;
  return {SOCK_DIAG_BY_FAMILY, header};
}

}  // namespace platform
