#include "exporter/http_server.h"

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
#include <utility>

#include "exporter/http_parser.h"
#include "platform/deadline.h"

namespace exporter {
namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point after(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

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
  using Held = std::unique_ptr<HttpConnection>;

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
    auto connection = std::make_unique<HttpConnection>();
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
  static bool receive(HttpConnection& connection) {
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
  HttpParser parser_;
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
