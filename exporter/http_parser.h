// One request on a connection: parsed by cpp-httplib, answered by the handler. The only door to the library.
#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "exporter/http_server.h"
#include "exporter/http_tls.h"
#include "platform/dir.h"

namespace exporter {

// Belongs to one thread at a time: to the one that got its event.
struct HttpConnection {
  platform::Fd socket;
  std::shared_ptr<const HttpTls> tls_settings;   // null: plain
  std::unique_ptr<platform::TlsConnection> tls;  // made when the client says something
  std::uint32_t events = 0;                      // of epoll(7): what it waits for
  std::size_t listener = 0;
  std::string input;                           // what came and is not parsed yet
  std::chrono::steady_clock::time_point ends;  // closed when nothing complete came until then

  bool head_complete() const { return input.find("\r\n\r\n") != std::string::npos; }
  // Bytes that it costs while it waits; of OpenSSL's about what was measured.
  std::size_t weight() const {
    constexpr std::size_t kShaking = std::size_t{48} * 1024;
    constexpr std::size_t kEstablished = std::size_t{12} * 1024;
    return sizeof *this + input.capacity() + (!tls ? 0 : tls->established() ? kEstablished : kShaking);
  }
};

// Thread-safe. `listeners` outlive it.
class HttpParser {
 public:
  HttpParser(const std::vector<Listener>& listeners, HttpServer::Handler handler);
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;
  ~HttpParser();

  // Answers the request at the front of the connection's input, whose head must be complete. False when the connection
  // must be closed.
  bool answer_one(HttpConnection& connection);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter
