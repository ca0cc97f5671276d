// Servers that requests name: GET /probe?target=... and /scrape?target=...
//
// A server that is asked for again and again keeps its connection and its thread, so that a probe costs what a scrape
// of a configured server does. Not asked for a while, or where room is needed for another, it is let go.
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/body.h"
#include "exporter/collector.h"
#include "exporter/log.h"
#include "exporter/scheduler.h"

namespace exporter {

struct ProbeSettings {
  std::int64_t most_at_once = 40;  // probes; 0: no limit
  std::size_t most_servers = 100;  // kept, at least 1
  double keep_seconds = 300;       // after the last probe of a server
};

// Thread-safe. `environment`, the specs and `log` outlive it.
class Probes {
 public:
  using Clock = std::chrono::steady_clock;

  // `enabled` are the collectors that are switched on, of all modules; a module without any is not probed. Throws
  // OptionError.
  Probes(const Environment& environment, std::span<const CollectorSpec* const> enabled,
         std::span<const TargetSpec* const> targets, const Log& log, int stop_fd, ProbeSettings settings);
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;
  ~Probes();

  // Reads files of settings and adds to the scheduler's pages what the modules say of probing. Before the first scrape.
  void start(Scheduler& scheduler);

  // The place of a path of the scrape port, for the calls below; kNone when it probes nothing.
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t place_of(std::string_view path) const noexcept;
  std::string_view path(std::size_t place) const noexcept;
  std::size_t places() const noexcept { return kinds_.size(); }
  // The request's parameter beside `target`; may be empty.
  std::string_view credentials_parameter(std::size_t place) const noexcept;
  std::span<const std::string_view> more_parameters(std::size_t place) const noexcept;

  struct Answer {
    int status = 200;
    std::shared_ptr<const Body> body;  // with status 200
    std::string reason;                // else: one line without secrets, and nothing of the request
  };
  // `more`: those of more_parameters() that the request has, in their order.
  Answer probe(std::size_t place, std::string_view target, std::string_view credentials, ProbeParameters more,
               Clock::time_point deadline);

  // To be called now and then: lets go of servers that nobody asked for, and looks at files of settings.
  void tend(Clock::time_point now);
  // True when every worker came to rest before `deadline`; only then may this be destroyed.
  bool stop(Clock::time_point deadline);
  // Servers that are kept.
  std::size_t servers() const;

 private:
  struct Kind;
  struct Server;
  using Servers = std::vector<std::shared_ptr<Server>>;

  Answer refuse(Kind& kind, int status, std::string reason);
  void look(Kind& kind);
  Answer take(Kind& kind, std::string_view target, std::string_view credentials, ProbeParameters more,
              std::shared_ptr<Server>& server, Servers& gone);
  bool make_room(Servers& gone);

  const Environment& environment_;
  const Log& log_;
  const int stop_fd_;
  const ProbeSettings settings_;
  std::vector<std::unique_ptr<Kind>> kinds_;
  std::atomic<std::int64_t> at_once_{0};
  mutable std::mutex mutex_;
  Servers servers_;  // a few hundred at most, so that a search is quicker than a key that must be put together
};

}  // namespace exporter
