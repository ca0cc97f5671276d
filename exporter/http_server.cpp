#include "exporter/http_server.h"

#include <httplib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "platform/deadline.h"
#include "platform/text.h"

namespace exporter {
namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point after(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

struct Connection {
  platform::Fd socket;
  std::size_t listener = 0;
  std::string input;       // what came and is not parsed yet
  Clock::time_point ends;  // closed when nothing complete came until then

  bool head_complete() const { return input.find("\r\n\r\n") != std::string::npos; }
};

// The library's view of a connection: reads what has come already, writes with a deadline for the whole reply.
class ReplyStream final : public httplib::Stream {
 public:
  explicit ReplyStream(Connection& connection) : connection_(connection) {}

  bool is_readable() const override { return consumed_ < connection_.input.size(); }
  bool is_writable() const override { return !failed_; }
  ssize_t read(char* out, size_t size) override {
    const std::size_t count = std::min(size, connection_.input.size() - consumed_);
    connection_.input.copy(out, count, consumed_);
    consumed_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* data, size_t size) override {
    if (!started_) {
      started_ = true;
      deadline_.at = after(HttpServer::kWriteSeconds);
    }
    for (;;) {
      const ssize_t sent = ::send(connection_.socket.get(), data, size, MSG_NOSIGNAL);
      if (sent >= 0) {
        return sent;
      }
      if (errno == EINTR) {
        continue;
      }
      const bool full = errno == EAGAIN || errno == EWOULDBLOCK;
      if (!full || deadline_.wait(connection_.socket.get(), POLLOUT) != platform::Deadline::Wait::ready) {
        failed_ = true;
        return -1;
      }
    }
  }
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
  Connection& connection_;
  std::size_t consumed_ = 0;
  platform::Deadline deadline_{};
  bool started_ = false;
  bool failed_ = false;
};

// Of the connection that this thread answers: httplib has no way back for it. The handler clears it when all is well,
// so that a request it never sees (one the parser refuses) ends the connection too.
thread_local bool close_after_reply = false;

// httplib::Server without its sockets.
class Parser final : public httplib::Server {
 public:
  Parser(const std::vector<Listener>& listeners, HttpServer::Handler handler)
      : listeners_(listeners), handler_(std::move(handler)) {
    svr_sock_ = 0;  // "running": content providers ask for it; never used as a descriptor
    set_keep_alive_max_count(1000000);
    set_keep_alive_timeout(static_cast<time_t>(HttpServer::kIdleSeconds));
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
      return HandlerResponse::Handled;
    });
    set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
      response.status = 500;
      response.headers.clear();
    });
  }

  // Answers the request at the front of the connection's input. False when the connection must be closed.
  bool answer_one(Connection& connection) {
    ReplyStream stream(connection);
    bool closed = false;
    close_after_reply = true;
    const bool answered = process_request(stream, false, closed, nullptr);
    connection.input.erase(0, stream.consumed());
    return answered && !closed && !close_after_reply && !stream.failed();
  }

 private:
  static void send_body(httplib::Response& response, const HttpReply& reply) {
    response.status = reply.status;
    if (reply.gzip) {
      response.set_header("Content-Encoding", "gzip");
      response.set_header("Vary", "Accept-Encoding");
    }
    const auto body = reply.body;
    const std::string_view bytes = reply.gzip ? body->gzip() : std::string_view(body->text);
    if (bytes.empty()) {
      response.set_header("Content-Type", reply.content_type);
      return;
    }
    // A provider sends our buffer as it is: no copy, and no compression by the library.
    response.set_content_provider(bytes.size(), reply.content_type.c_str(),
                                  [body, bytes](size_t offset, size_t length, httplib::DataSink& sink) {
                                    return sink.write(bytes.data() + offset, length);
                                  });
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    response.set_header("X-Content-Type-Options", "nosniff");
    HttpReply reply;
    if (request.method != "GET" && request.method != "HEAD") {
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

}  // namespace

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

class HttpServer::Impl {
 public:
  Impl(std::vector<Listener> listeners, std::size_t most_threads, Handler handler)
      : listeners_(std::move(listeners)),
        parser_(listeners_, std::move(handler)),
        most_threads_(most_threads),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    work_.notify_all();
    for (auto& thread : threads_) {
      thread.join();
    }
  }

  bool run(int stop_fd, double grace_seconds) {
    while (poll_once(stop_fd)) {
    }
    waiting_.clear();
    std::unique_lock lock(mutex_);
    busy_ -= queue_.size();
    queue_.clear();
    return done_.wait_until(lock, after(grace_seconds), [this] { return busy_ == 0; });
  }

  const std::vector<Listener>& listeners() const { return listeners_; }

 private:
  using Held = std::unique_ptr<Connection>;

  // One round of waiting. False once the server is to stop.
  bool poll_once(int stop_fd) {
    polled_.clear();
    polled_.push_back({stop_fd, POLLIN, 0});
    polled_.push_back({wake_.get(), POLLIN, 0});
    const auto now = Clock::now();
    auto earliest = now + std::chrono::minutes(10);
    for (const auto& listener : listeners_) {
      polled_.push_back({accepting(now) ? listener.socket.get() : -1, POLLIN, 0});
    }
    for (const auto& connection : waiting_) {
      polled_.push_back({connection->socket.get(), POLLIN, 0});
      earliest = std::min(earliest, connection->ends);
    }
    const std::size_t first = 2 + listeners_.size();
    const bool paused = !accepting(now);
    if (paused) {
      earliest = std::min(earliest, paused_until_);
    }
    const platform::Deadline deadline{earliest};
    if (::poll(polled_.data(), polled_.size(), deadline.left_ms()) < 0 && errno != EINTR) {
      return false;
    }
    if (polled_[0].revents != 0) {
      return false;
    }
    for (std::size_t i = waiting_.size(); i-- > 0;) {
      const bool readable = polled_[first + i].revents != 0;
      if (readable ? !receive(*waiting_[i]) : Clock::now() >= waiting_[i]->ends) {
        waiting_[i] = nullptr;
      } else if (waiting_[i]->head_complete()) {
        submit(std::move(waiting_[i]));
      }
    }
    std::erase(waiting_, nullptr);
    if (polled_[1].revents != 0) {
      take_back();
    }
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      if (polled_[2 + i].revents != 0) {
        accept_from(i);
      }
    }
    return true;
  }

  bool accepting(Clock::time_point now) const { return now >= paused_until_; }

  void accept_from(std::size_t listener) {
    const int fd = ::accept4(listeners_[listener].socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        paused_until_ = after(0.1);  // the listener stays readable: do not spin
      }
      return;
    }
    auto connection = std::make_unique<Connection>();
    connection->socket.reset(fd);
    connection->listener = listener;
    connection->ends = after(kHeadSeconds);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (waiting_.size() >= kMaxConnections) {
      // The one that would time out first makes room.
      const auto oldest = std::min_element(waiting_.begin(), waiting_.end(),
                                           [](const Held& a, const Held& b) { return a->ends < b->ends; });
      waiting_.erase(oldest);
    }
    waiting_.push_back(std::move(connection));
  }

  // Takes what has come. False when the connection is to be closed.
  static bool receive(Connection& connection) {
    std::array<char, 4096> bytes;
    const ssize_t got = ::recv(connection.socket.get(), bytes.data(), bytes.size(), 0);
    if (got < 0) {
      return errno == EAGAIN || errno == EINTR;
    }
    if (got == 0) {
      return false;
    }
    if (connection.input.empty()) {
      connection.ends = after(kHeadSeconds);
    }
    connection.input.append(bytes.data(), static_cast<std::size_t>(got));
    if (connection.input.size() > kMaxHead && !connection.head_complete()) {
      static constexpr std::string_view kTooLarge =
          "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      (void)::send(connection.socket.get(), kTooLarge.data(), kTooLarge.size(), MSG_NOSIGNAL);
      return false;
    }
    return true;
  }

  void submit(Held connection) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(connection));
      ++busy_;
      if (queue_.size() > idle_ && threads_.size() < most_threads_) {
        threads_.emplace_back([this] { answer_requests(); });
      }
    }
    work_.notify_one();
  }

  // Connections whose request is answered come back to be polled.
  void take_back() {
    std::uint64_t count = 0;
    (void)!::read(wake_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex_);
    for (auto& connection : returned_) {
      waiting_.push_back(std::move(connection));
    }
    returned_.clear();
  }

  void answer_requests() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      work_.wait(lock, [this] { return stop_ || !queue_.empty(); });
      --idle_;
      if (stop_) {
        return;
      }
      Held connection = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      bool open = true;
      while (open && connection->head_complete()) {  // pipelined requests are answered in order
        open = parser_.answer_one(*connection);
      }
      if (open) {
        connection->ends = after(connection->input.empty() ? kIdleSeconds : kHeadSeconds);
      } else {
        ::shutdown(connection->socket.get(), SHUT_WR);
        connection = nullptr;
      }
      lock.lock();
      --busy_;
      if (connection) {
        returned_.push_back(std::move(connection));
        const std::uint64_t one = 1;
        (void)!::write(wake_.get(), &one, sizeof one);
      }
      done_.notify_all();
    }
  }

  const std::vector<Listener> listeners_;
  Parser parser_;
  const std::size_t most_threads_;
  const platform::Fd wake_;

  // The polling thread's own.
  std::vector<pollfd> polled_;
  std::vector<Held> waiting_;
  Clock::time_point paused_until_{};

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<Held> queue_;
  std::vector<Held> returned_;
  std::size_t idle_ = 0;
  std::size_t busy_ = 0;  // queued or being answered
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

HttpServer::HttpServer(std::vector<Listener> listeners, std::size_t most_threads, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(listeners), most_threads, std::move(handler))) {}
HttpServer::~HttpServer() = default;
bool HttpServer::run(int stop_fd, double grace_seconds) { return impl_->run(stop_fd, grace_seconds); }
const std::vector<Listener>& HttpServer::listeners() const noexcept { return impl_->listeners(); }

}  // namespace exporter
