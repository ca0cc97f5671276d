#include "exporter/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "exporter/http_parser.h"
#include "exporter/http_waiting.h"

namespace exporter {
namespace {

using Clock = std::chrono::steady_clock;

using Tag = HttpWaiting::Tag;
constexpr Tag kStop{0, 0};
constexpr Tag kTimer{0, 1};
constexpr std::uint32_t kFirstListener = 2;

}  // namespace

// Every thread of the pool waits for events, answers what it gets itself, and waits again: the one thread that the
// kernel wakes for a request is all that a request costs. Before one answers it makes sure that another waits.
class HttpServer::Impl {
 public:
  Impl(std::vector<Listener> listeners, std::size_t most_threads, Handler handler, Tls tls)
      : listeners_(std::move(listeners)),
        parser_(listeners_, std::move(handler)),
        tls_(std::move(tls)),
        most_threads_(most_threads + 1),  // and one that waits
        events_(::epoll_create1(EPOLL_CLOEXEC)),
        stopping_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    watch(EPOLL_CTL_ADD, stopping_.get(), EPOLLIN, kStop);  // stays readable: every thread sees it
    watch(EPOLL_CTL_ADD, timer_.get(), EPOLLIN | EPOLLET, kTimer);
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      watch(EPOLL_CTL_ADD, listeners_[i].socket.get(), EPOLLIN | EPOLLONESHOT, tag_of_listener(i));
    }
  }

  ~Impl() {
    stop();
    for (auto& thread : threads_) {
      thread.join();
    }
  }

  bool run(int stop_fd, double grace_seconds, const std::function<void()>& tend) {
    {
      const std::lock_guard lock(mutex_);
      threads_.emplace_back([this] { serve(); });
    }
    pollfd end{stop_fd, POLLIN, 0};
    for (;;) {
      const int ready = ::poll(&end, 1, tend ? kTendSeconds * 1000 : -1);
      if (ready == 0) {
        tend();
      } else if (ready > 0 || errno != EINTR) {
        break;
      }
    }
    stop();
    std::unique_lock lock(mutex_);
    return done_.wait_for(lock, std::chrono::duration<double>(grace_seconds), [this] { return busy_ == 0; });
  }

  bool responds() {
    const std::lock_guard lock(mutex_);
    wake_at(Clock::now());
    return std::exchange(responded_, false);
  }

  const std::vector<Listener>& listeners() const { return listeners_; }

 private:
  using Held = HttpWaiting::Held;

  static Tag tag_of_listener(std::size_t i) { return {0, kFirstListener + static_cast<std::uint32_t>(i)}; }

  bool watch(int operation, int fd, std::uint32_t events, Tag tag) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag.packed();
    return ::epoll_ctl(events_.get(), operation, fd, &event) == 0;
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    const std::uint64_t one = 1;
    (void)!::write(stopping_.get(), &one, sizeof one);
  }

  void serve() {
    for (;;) {
      epoll_event event{};
      if (::epoll_wait(events_.get(), &event, 1, -1) != 1) {
        continue;
      }
      const Tag tag = Tag::of(event.data.u64);
      if (tag.turn != 0) {
        if (Held connection = take(tag)) {
          attend(std::move(connection), tag);
        }
      } else if (tag.place == kStop.place) {
        return;
      } else if (tag.place == kTimer.place) {
        expire();
      } else {
        accept_from(tag.place - kFirstListener);
      }
    }
  }

  // --- listeners ---------------------------------------------------------------------------------------------------
  void accept_from(std::size_t listener) {
    const int fd = ::accept4(listeners_[listener].socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      auto connection = std::make_unique<HttpConnection>();
      connection->socket.reset(fd);
      connection->listener = listener;
      connection->ends = Clock::now() + kHeadTime;
      connection->tls = tls_ ? tls_() : nullptr;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      keep(std::move(connection));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      const std::lock_guard lock(mutex_);  // it would be readable again at once: let it rest
      resting_ = true;
      wake_at(Clock::now() + std::chrono::milliseconds(100));
      return;
    }
    listen_again(listener);
  }

  void listen_again(std::size_t i) const {
    watch(EPOLL_CTL_MOD, listeners_[i].socket.get(), EPOLLIN | EPOLLONESHOT, tag_of_listener(i));
  }

  // --- connections -------------------------------------------------------------------------------------------------
  // A new one. When there are too many, the one that would time out first makes room.
  void keep(Held connection) {
    Held oldest;
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMaxConnections) {
      oldest = waiting_.oust();
      if (!oldest) {
        return;  // all are being answered
      }
    }
    wait_for(std::move(connection), waiting_.enter(), EPOLL_CTL_ADD);
  }

  // Under the mutex: gives the connection to whoever gets its next event.
  void wait_for(Held connection, Tag tag, int operation) {
    const int fd = connection->socket.get();
    const std::uint32_t events = connection->events();
    wake_at(connection->ends);
    waiting_.put(std::move(connection), tag);
    if (!watch(operation, fd, events | EPOLLONESHOT, tag)) {
      waiting_.take(tag);
      waiting_.leave(tag.place);
    }
    while (waiting_.held() > kMaxHeld && waiting_.oust()) {
    }
  }

  Held take(Tag tag) {
    const std::lock_guard lock(mutex_);
    return waiting_.take(tag);
  }

  // A handshake keeps this thread busy; the rest of receiving takes no time.
  bool receive(HttpConnection& connection) {
    if (!connection.shakes()) {
      return connection.receive();
    }
    begin();
    const bool open = connection.receive();
    end();
    return open;
  }

  void attend(Held connection, Tag tag) {
    bool open = true;
    do {
      open = receive(*connection);
      if (open && connection->head_complete()) {
        begin();
        while (open && connection->head_complete()) {  // pipelined requests are answered in order
          open = parser_.answer_one(*connection);
        }
        connection->ends = Clock::now() + (connection->input.empty() ? kIdleTime : kHeadTime);
        if (!open) {
          connection->hang_up();
        }
        end();
      }
    } while (open && connection->pending());
    const std::lock_guard lock(mutex_);
    if (open) {
      wait_for(std::move(connection), tag, EPOLL_CTL_MOD);
    } else {
      waiting_.leave(tag.place);
    }
  }

  void begin() {
    const std::lock_guard lock(mutex_);
    if (++busy_ == threads_.size() && threads_.size() < most_threads_ && !stop_) {
      try {
        threads_.emplace_back([this] { serve(); });
      } catch (const std::system_error&) {  // no thread to be had: the next request waits for this one
      }
    }
  }

  void end() {
    const std::lock_guard lock(mutex_);
    if (--busy_ == 0 && stop_) {
      done_.notify_all();
    }
  }

  // --- time --------------------------------------------------------------------------------------------------------
  // Under the mutex: expire() is called at `time`, or before.
  void wake_at(Clock::time_point time) {
    if (time >= armed_) {
      return;
    }
    armed_ = time;
    const auto since = std::max<std::chrono::nanoseconds>(time.time_since_epoch(), std::chrono::nanoseconds(1));
    itimerspec spec{};  // steady_clock is CLOCK_MONOTONIC
    spec.it_value.tv_sec = static_cast<time_t>(since.count() / 1'000'000'000);
    spec.it_value.tv_nsec = static_cast<long>(since.count() % 1'000'000'000);
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
  }

  // Closes the connections whose time is over.
  void expire() {
    std::uint64_t times = 0;
    (void)!::read(timer_.get(), &times, sizeof times);
    const std::lock_guard lock(mutex_);
    responded_ = true;
    armed_ = Clock::time_point::max();
    const auto next = waiting_.expire(Clock::now());
    if (std::exchange(resting_, false)) {
      for (std::size_t i = 0; i < listeners_.size(); ++i) {
        listen_again(i);
      }
    }
    if (next != Clock::time_point::max()) {
      wake_at(next);
    }
  }

  const std::vector<Listener> listeners_;
  HttpParser parser_;
  const Tls tls_;
  const std::size_t most_threads_;
  const platform::Fd events_;
  const platform::Fd stopping_;
  const platform::Fd timer_;

  std::mutex mutex_;
  std::condition_variable done_;
  HttpWaiting waiting_;
  std::size_t busy_ = 0;  // threads that answer
  bool resting_ = false;  // some listener is not asked, for lack of descriptors
  bool responded_ = false;
  bool stop_ = false;
  Clock::time_point armed_ = Clock::time_point::max();
  std::vector<std::thread> threads_;
};

HttpServer::HttpServer(std::vector<Listener> listeners, std::size_t most_threads, Handler handler, Tls tls)
    : impl_(std::make_unique<Impl>(std::move(listeners), most_threads, std::move(handler), std::move(tls))) {}
HttpServer::~HttpServer() = default;
bool HttpServer::run(int stop_fd, double grace_seconds, const std::function<void()>& tend) {
  return impl_->run(stop_fd, grace_seconds, tend);
}
bool HttpServer::responds() { return impl_->responds(); }
const std::vector<Listener>& HttpServer::listeners() const noexcept { return impl_->listeners(); }

}  // namespace exporter
