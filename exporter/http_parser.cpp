#include "exporter/http_parser.h"

#include <httplib.h>

#include <algorithm>
#include <chrono>

#include "exporter/http_head.h"
#include "platform/deadline.h"
#include "platform/text.h"

namespace exporter {
namespace {

// The library's view of a connection: reads what has come already, writes with a deadline for the whole reply.
class ReplyStream final : public httplib::Stream {
 public:
  explicit ReplyStream(HttpConnection& connection) : connection_(connection) {}

  bool is_readable() const override { return consumed_ < connection_.input.size(); }
  bool is_writable() const override { return !failed_; }
  ssize_t read(char* out, size_t size) override {
    const std::size_t count = std::min(size, connection_.input.size() - consumed_);
    connection_.input.copy(out, count, consumed_);
    consumed_ += count;
    return static_cast<ssize_t>(count);
  }
  // The head of a reply waits for what follows: one packet, and one call, for a page that fits.
  ssize_t write(const char* data, size_t size) override {
    if (waiting_.size() + size <= kMostWaiting) {
      waiting_.append(data, size);
      return static_cast<ssize_t>(size);
    }
    return send_all(data, size) ? static_cast<ssize_t>(size) : -1;
  }
  void flush() { send_all(nullptr, 0); }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  // The handler learns from the "port" which listener it answers on.
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = static_cast<int>(connection_.listener);
  }
  socket_t socket() const override { return connection_.socket.get(); }

  std::size_t consumed() const { return consumed_; }
  bool failed() const { return failed_; }

 private:
  static constexpr std::size_t kMostWaiting = 1024;

  // What waits, then `data`.
  bool send_all(const char* data, size_t size) {
    if (!started_) {
      started_ = true;
      deadline_.at = std::chrono::steady_clock::now() + HttpServer::kWriteTime;
    }
    failed_ = failed_ || !connection_.send(waiting_, {data, size}, deadline_);
    return !failed_;
  }

  HttpConnection& connection_;
  std::size_t consumed_ = 0;
  platform::Deadline deadline_{};
  bool started_ = false;
  bool failed_ = false;
  std::string waiting_;
};

// Of the connection that this thread answers: httplib has no way back for it. The handler clears it when all is well,
// so that a request it never sees (one the parser refuses) ends the connection too.
thread_local bool close_after_reply = false;

}  // namespace

// httplib::Server without its sockets.
class HttpParser::Impl final : public httplib::Server {
 public:
  Impl(const std::vector<Listener>& listeners, HttpServer::Handler handler)
      : listeners_(listeners), handler_(std::move(handler)) {
    svr_sock_ = 0;  // "running": content providers ask for it; never used as a descriptor
    set_keep_alive_max_count(1000000);
    set_keep_alive_timeout(HttpServer::kIdleTime.count());
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
      return HandlerResponse::Handled;
    });
    set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
      response.status = 500;
      response.headers.clear();
    });
    make_tables();
  }

  // Answers the request at the front of the connection's input. False when the connection must be closed.
  bool answer_one(HttpConnection& connection) {
    ReplyStream stream(connection);
    if (!well_formed_head(connection.input)) {
      constexpr std::string_view kBad = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      stream.write(kBad.data(), kBad.size());
      stream.flush();
      return false;
    }
    bool closed = false;
    close_after_reply = true;
    const bool answered = process_request(stream, false, closed, nullptr);
    stream.flush();
    connection.input.erase(0, stream.consumed());
    return answered && !closed && !close_after_reply && !stream.failed();
  }

 private:
  // The library makes tables of its own at the first request. Let that be this one, which nobody sent and nobody gets
  // an answer to: before there are threads, and at nobody's expense.
  void make_tables() {
    HttpConnection nobody;
    nobody.input = "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n";
    answer_one(nobody);
  }

  static void send_body(httplib::Response& response, const HttpReply& reply) {
    response.status = reply.status;
    for (const auto& [name, value] : reply.headers) {
      response.set_header(name.c_str(), value);
    }
    if (reply.more_headers) {
      for (const auto& [name, value] : *reply.more_headers) {
        if (!response.has_header(name.c_str())) {
          response.set_header(name.c_str(), value);
        }
      }
    }
    if (reply.gzip) {
      response.set_header("Content-Encoding", "gzip");
      response.set_header("Vary", "Accept-Encoding");
    }
    const auto body = reply.body;
    const std::string_view packed = reply.gzip ? body->gzip() : std::string_view{};
    const std::size_t size = reply.gzip ? packed.size() : body->size();
    if (size == 0) {
      response.set_header("Content-Type", reply.content_type);
      return;
    }
    // A provider sends our buffers as they are: no copy, and no compression by the library.
    response.set_content_provider(
        size, reply.content_type.c_str(), [body, packed](size_t offset, size_t length, httplib::DataSink& sink) {
          if (!packed.empty()) {
            return sink.write(packed.data() + offset, length);
          }
          return body->write(offset, [&](std::string_view part) { return sink.write(part.data(), part.size()); });
        });
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    response.set_header("X-Content-Type-Options", "nosniff");
    HttpReply reply;
    const bool reload = request.method == "POST" && request.path.ends_with(HttpRequest::kReload);
    if (request.method != "GET" && request.method != "HEAD" && !reload) {
      response.set_header("Allow", "GET, HEAD");
      reply = HttpReply::text(405, "Only GET and HEAD are answered here.\n");
    } else if (!request.ranges.empty()) {
      reply = HttpReply::text(416, "Ranges are not served.\n");
    } else {
      HttpRequest ours;
      ours.method = request.method;
      ours.path = request.path;
      for (const auto& [name, value] : request.params) {
        ours.parameters.emplace_back(name, value);
      }
      ours.accepts_gzip = accepts_gzip(request.get_header_value("Accept-Encoding"));
      ours.timeout_seconds =
          platform::number<double>(request.get_header_value("X-Prometheus-Scrape-Timeout-Seconds")).value_or(0);
      ours.accept = request.get_header_value("Accept");
      ours.authorization = request.get_header_value("Authorization");
      ours.listener = &listeners_.at(static_cast<std::size_t>(request.local_port));
      reply = handler_(ours);
    }
    // Whoever sends a body, or got an error, starts anew: what follows could be taken for a request.
    close_after_reply =
        reply.status >= 400 || request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
    if (close_after_reply) {
      response.set_header("Connection", "close");
    }
    send_body(response, reply);
  }

  const std::vector<Listener>& listeners_;
  const HttpServer::Handler handler_;
};

HttpParser::HttpParser(const std::vector<Listener>& listeners, HttpServer::Handler handler)
    : impl_(std::make_unique<Impl>(listeners, std::move(handler))) {}
HttpParser::~HttpParser() = default;
bool HttpParser::answer_one(HttpConnection& connection) { return impl_->answer_one(connection); }

HttpReply HttpReply::text(int status, std::string text) {
  auto body = std::make_shared<Body>();
  body->text = std::move(text);
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  bool any = false;
  bool named = false;
  bool gzip = false;
  while (!accept_encoding.empty()) {
    std::string_view element = platform::take(accept_encoding, ',');
    const auto coding = platform::trim(platform::take(element, ';'));
    bool wanted = true;
    while (!element.empty()) {
      const auto parameter = platform::trim(platform::take(element, ';'));
      if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
        wanted = platform::number<double>(platform::trim(parameter.substr(2))).value_or(0) > 0;
      }
    }
    if (coding == "gzip" || coding == "x-gzip") {
      named = true;
      gzip = wanted;
    } else if (coding == "*") {
      any = wanted;
    }
  }
  return named ? gzip : any;
}

}  // namespace exporter
