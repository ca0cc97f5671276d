// Who may come through the scrape port: TLS, passwords, the rate limit and headers of --web.config.file, which is read
// again when it or one of its certificates changes. A file with a mistake changes nothing.
//
// A password costs its hash, 50 ms and more, once: then its digest, salted anew at each start, is known, whether it was
// right or wrong. One hash is computed at a time, and few requests wait for that, so that somebody who guesses neither
// takes the machine's time nor the threads of those who are known.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exporter/http_tls.h"
#include "exporter/log.h"
#include "exporter/web_config.h"
#include "platform/counted.h"
#include "platform/file_stamp.h"
#include "platform/timed_lock.h"

namespace exporter {

// Any thread.
class WebGate {
 public:
  using Clock = std::chrono::steady_clock;

  // `file` empty: the port is open to all. Throws OptionError when the file or what it names is no good.
  WebGate(std::string file, const Log& log);
  WebGate(const WebGate&) = delete;
  WebGate& operator=(const WebGate&) = delete;

  // For HttpServer; null without TLS.
  std::shared_ptr<const HttpTls> tls() const;
  bool has_tls() const { return tls() != nullptr; }

  // Lets the request through to `answer`, or answers itself; either way with the headers that are asked for. `door`
  // says what `answer` is about to do.
  template <class DoorOf, class Answer>
  HttpReply pass(const HttpRequest& request, DoorOf door, Answer answer) {
    if (file_.empty()) {
      return answer();
    }
    const auto now = current();
    auto refusal = refuse(*now, request, door());
    HttpReply reply = refusal ? std::move(*refusal) : answer();
    reply.more_headers = std::shared_ptr<const std::vector<HttpHeader>>(now, &now->config.headers);
    return reply;
  }

  // Reads the file anew when something changed. To be called now and then.
  void look();
  // Reads the file anew. Empty, or what is wrong: then what was in force stays.
  std::string reload();

  // For the page.
  static std::span<const MetricDesc> metrics() noexcept;
  void write(Sink& sink) const;

 private:
  struct Current {
    WebConfig config;
    std::shared_ptr<const HttpTls> tls;
    std::string hopeless;                  // for a user that there is not
    platform::TlsFileStamps certificates;  // under the mutex, once it is current
  };
  enum Refused : std::uint8_t { unauthorized, forbidden, rate, busy };  // places in refused_
  static constexpr std::size_t kReasons = 4;

  std::shared_ptr<const Current> current() const;
  std::string read(std::shared_ptr<Current>& made) const;
  std::string take_over();
  bool changed();
  std::optional<HttpReply> refuse(const Current& now, const HttpRequest& request, Door door);
  bool within_rate(const WebConfig& config);
  std::optional<bool> known(const std::string& digest);
  // Nothing when it cannot be said now.
  std::optional<bool> right(const Current& now, const std::string& user, const std::string& password);
  HttpReply say(Refused why, int status, std::string text);

  const std::string file_;
  const std::string folder_;  // of the file
  const Log& log_;
  const std::string salt_;

  mutable std::mutex mutex_;
  std::shared_ptr<Current> current_;
  platform::FileStamp stamp_;
  std::string trouble_;
  double success_seconds_ = 0;

  std::mutex rate_mutex_;
  double tokens_ = 0;
  Clock::time_point tokens_at_{};

  std::mutex known_mutex_;
  std::deque<std::string> right_;  // digests of names and passwords
  std::deque<std::string> wrong_;
  platform::TimedLock hashing_;
  std::atomic<std::int64_t> waiting_{0};
  std::array<std::atomic<std::uint64_t>, kReasons> refused_{};
};

}  // namespace exporter
