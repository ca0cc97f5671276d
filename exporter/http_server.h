// The scrape port: our own sockets, accept loop, deadlines and limits around cpp-httplib's request parser.
//
// A few threads wait for the events of all listeners and connections; whoever gets one takes what has come, and answers
// once the request's head is complete. So a client that drips, idles or sends endless headers holds a descriptor and at
// most kMaxHead bytes for a few seconds, never a thread. A TLS handshake is taken as far as it goes and waits likewise.
// Requests have no body. Why not the library's own loop: it can
// be stalled by eight slow clients and filled with 64 MiB headers.
#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/body.h"
#include "exporter/listen.h"

namespace exporter {

struct HttpTls;

struct HttpRequest {
  static constexpr std::string_view kReload = "/-/reload";

  std::string method;  // GET or HEAD; for what ends with kReload also POST
  std::string path;    // as it came, below the prefix of --web.external-url or not
  std::vector<std::pair<std::string, std::string>> parameters;  // decoded, in order
  double timeout_seconds = 0;                                   // X-Prometheus-Scrape-Timeout-Seconds; 0 without one
  bool accepts_gzip = false;
  std::string accept;         // the header Accept
  std::string authorization;  // and Authorization
  const Listener* listener = nullptr;
};

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::span<const HttpHeader> headers;  // beside those of every reply; they outlive it
  std::shared_ptr<const std::vector<HttpHeader>>
      more_headers;  // likewise, but where `headers` has the same, that stays
  std::shared_ptr<const Body> body;
  bool gzip = false;  // send body->gzip()

  static HttpReply text(int status, std::string text);
};

// True when an Accept-Encoding header admits gzip: named, or "*", with a quality over 0.
bool accepts_gzip(std::string_view accept_encoding) noexcept;

class HttpServer {
 public:
  static constexpr std::size_t kMaxHead = std::size_t{16} * 1024;
  static constexpr std::size_t kMaxConnections = 2048;
  // Bytes that all connections may hold while they wait: beyond, the one that would time out first makes room.
  static constexpr std::size_t kMaxHeld = std::size_t{512} * 1024;
  static constexpr std::chrono::seconds kHeadTime{5};    // for a whole request head, from its first byte
  static constexpr std::chrono::seconds kIdleTime{120};  // between requests of a connection
  static constexpr std::chrono::seconds kWriteTime{10};  // for a whole reply
  static constexpr int kTendSeconds = 5;

  // Called by pool threads, several at a time. Must not throw.
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  // What a new connection speaks; null: plain HTTP. Called by pool threads.
  using Tls = std::function<std::shared_ptr<const HttpTls>()>;

  // At most `most_threads` requests are answered at a time; threads are made when first needed and then kept.
  HttpServer(std::vector<Listener> listeners, std::size_t most_threads, Handler handler, Tls tls = nullptr);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  // Serves until `stop_fd` becomes readable, then waits up to `grace_seconds` for replies under way. True when none is
  // left; only then may the server be destroyed. Meanwhile `tend`, when given, is called now and then by this thread.
  bool run(int stop_fd, double grace_seconds, const std::function<void()>& tend = nullptr);

  // True when a thread of the pool has taken an event since the call before; asks for one until the next call. Any
  // thread.
  bool responds();

  const std::vector<Listener>& listeners() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter
