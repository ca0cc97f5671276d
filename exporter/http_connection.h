// A client's connection to the scrape port: bytes in and out, plain or over TLS.
#pragma once
#include <sys/epoll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "exporter/http_tls.h"
#include "platform/deadline.h"
#include "platform/dir.h"

namespace exporter {

// Belongs to one thread at a time: to the one that got its event.
class HttpConnection {
 public:
  platform::Fd socket;  // non-blocking
  std::size_t listener = 0;
  std::shared_ptr<const HttpTls> tls;          // null: plain
  std::string input;                           // what came and is not parsed yet
  std::chrono::steady_clock::time_point ends;  // closed when nothing complete came until then

  // Takes what has come, without waiting. False when the connection is to be closed.
  bool receive();
  bool head_complete() const { return input.find("\r\n\r\n") != std::string::npos; }
  // The next receive() is part of a handshake, which takes a processor a millisecond and more.
  bool shakes() const noexcept { return tls && (!session_ || !session_->established()); }
  // There is more to receive that the socket does not show.
  bool pending() const noexcept { return session_ && session_->established() && session_->pending(); }
  // Of epoll(7): what the next receive() waits for.
  std::uint32_t events() const noexcept { return events_; }

  // Sends both, which may wait until the deadline; `head` is used up. False when not all could be sent.
  bool send(std::string& head, std::string_view body, const platform::Deadline& deadline);
  // Nothing follows.
  void hang_up() noexcept;

  // Bytes that it costs while it waits; of OpenSSL's about what was measured.
  std::size_t weight() const noexcept;

 private:
  bool receive_plain(std::span<char> bytes, std::size_t& got);
  bool receive_tls(std::span<char> bytes, std::size_t& got);
  bool send_plain(std::string_view head, std::string_view body, const platform::Deadline& deadline);
  bool send_records(std::string_view bytes, const platform::Deadline& deadline);
  void say(std::string_view words);

  std::unique_ptr<platform::TlsConnection> session_;  // made when the client says something
  std::uint32_t events_ = EPOLLIN;
};

}  // namespace exporter
