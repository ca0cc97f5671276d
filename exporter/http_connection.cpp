#include "exporter/http_connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "exporter/http_server.h"

namespace exporter {

using Step = platform::TlsConnection::Step;

std::size_t HttpConnection::weight() const noexcept {
  constexpr std::size_t kShaking = std::size_t{48} * 1024;
  constexpr std::size_t kEstablished = std::size_t{12} * 1024;
  const std::size_t of_session = !session_ ? 0 : session_->established() ? kEstablished : kShaking;
  return sizeof *this + input.capacity() + of_session;
}

// To a client that was not understood.
void HttpConnection::say(std::string_view words) {
  std::size_t sent = 0;
  if (session_ && session_->established()) {
    session_->write(words, sent);
  } else {
    (void)::send(socket.get(), words.data(), words.size(), MSG_NOSIGNAL);
  }
}

bool HttpConnection::receive() {
  std::array<char, 4096> bytes;
  std::size_t got = 0;
  if (!(tls ? receive_tls(bytes, got) : receive_plain(bytes, got))) {
    return false;
  }
  if (got > 0 && input.empty()) {
    ends = std::chrono::steady_clock::now() + HttpServer::kHeadTime;
  }
  input.append(bytes.data(), got);
  if (input.size() > HttpServer::kMaxHead && !head_complete()) {
    say("HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    return false;
  }
  return true;
}

bool HttpConnection::receive_plain(std::span<char> bytes, std::size_t& got) {
  events_ = EPOLLIN;
  const ssize_t size = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
  got = size > 0 ? static_cast<std::size_t>(size) : 0;
  return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

bool HttpConnection::receive_tls(std::span<char> bytes, std::size_t& got) {
  if (!session_) {
    session_ = std::make_unique<platform::TlsConnection>(tls->context.get(), socket.get(), tls->client_names);
  }
  Step step = session_->handshake();
  if (step == Step::done) {
    step = session_->read(bytes.data(), bytes.size(), got);
  }
  events_ = step == Step::writes ? EPOLLOUT : EPOLLIN;
  if (step == Step::ended && session_->plain_http()) {
    say("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 34\r\n\r\n"
        "This port speaks HTTPS, not HTTP.\n");
  }
  return step != Step::ended;
}

bool HttpConnection::send(std::string& head, std::string_view body, const platform::Deadline& deadline) {
  bool good = true;
  if (session_) {
    // Head and body share the first record.
    constexpr std::size_t kRecord = std::size_t{16} * 1024;
    const std::size_t first = std::min(body.size(), kRecord - std::min(kRecord, head.size()));
    head.append(body.substr(0, first));
    good = send_records(head, deadline) && send_records(body.substr(first), deadline);
  } else {
    good = send_plain(head, body, deadline);
  }
  head.clear();
  return good;
}

bool HttpConnection::send_plain(std::string_view head, std::string_view body, const platform::Deadline& deadline) {
  while (!head.empty() || !body.empty()) {
    iovec parts[2] = {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const ssize_t sent = ::sendmsg(socket.get(), &message, MSG_NOSIGNAL);
    if (sent >= 0) {
      const std::size_t of_head = std::min(static_cast<std::size_t>(sent), head.size());
      head.remove_prefix(of_head);
      body.remove_prefix(static_cast<std::size_t>(sent) - of_head);
    } else if (errno != EINTR) {
      const bool full = errno == EAGAIN || errno == EWOULDBLOCK;
      if (!full || deadline.wait(socket.get(), POLLOUT) != platform::Deadline::Wait::ready) {
        return false;
      }
    }
  }
  return true;
}

bool HttpConnection::send_records(std::string_view bytes, const platform::Deadline& deadline) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const Step step = session_->write(bytes, sent);
    bytes.remove_prefix(sent);
    const bool waits = step == Step::reads || step == Step::writes;
    if (step == Step::ended || (waits && deadline.wait(socket.get(), step == Step::reads ? POLLIN : POLLOUT) !=
                                             platform::Deadline::Wait::ready)) {
      return false;
    }
  }
  return true;
}

void HttpConnection::hang_up() noexcept {
  if (session_) {
    session_->close();
  }
  ::shutdown(socket.get(), SHUT_WR);
}

}  // namespace exporter
