// Runs the collectors for a scrape and makes the page.
//
// Concurrent scrapes of the same selection share one collection (single flight). Inline collectors run in list order on
// the thread of the scrape that came first; every slow source and every monitored server has a worker of its own, made
// at start. At the deadline the page is made of what is there: who is late costs only its own samples.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "exporter/body.h"
#include "exporter/collector.h"
#include "exporter/log.h"
#include "exporter/page_gzips.h"
#include "exporter/registry.h"
#include "exporter/results.h"
#include "exporter/selection.h"
#include "exporter/self_metrics.h"
#include "exporter/worker.h"
#include "platform/changes.h"
#include "platform/timed_lock.h"

namespace exporter {

class Scheduler {
 public:
  using Clock = std::chrono::steady_clock;

  // Collectors that are switched on, in list order, and the target modules. `environment`, the specs and `log` outlive
  // the Scheduler. Throws OptionError when a target cannot be made of the settings. `stop_fd` becomes readable when the
  // program ends.
  Scheduler(const Environment& environment, std::vector<const CollectorSpec*> enabled,
            std::span<const TargetSpec* const> targets, const Log& log, int stop_fd);
  // For one server of a module whose switched-on collectors are `enabled`: the page is that server's and says nothing
  // else.
  Scheduler(const Environment& environment, std::vector<const CollectorSpec*> enabled, const TargetSpec& spec,
            std::unique_ptr<Target> target, const Log& log, int stop_fd);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler();

  // Adds what `prober`, which is of `spec`, says of itself to the pages of its module. Before the first scrape; both
  // outlive this.
  void show(const TargetSpec& spec, const Prober& prober);
  // Likewise what `write` adds, to every page.
  void show(std::span<const MetricDesc> metrics, std::function<void(Sink&)> write);

  // Waits until `deadline` for servers that name others, and watches these from the first scrape on.
  void settle(Clock::time_point deadline);
  // To be called now and then, by one thread at a time, which may be another than those that scrape: takes in servers
  // that came and lets go of those that went.
  void tend();

  // The page of `selection`, or null when none could be made before the deadline. Thread-safe.
  std::shared_ptr<const Body> scrape(const Selection& selection, Clock::time_point deadline);

  // What became of the last scrape. Not while one is under way.
  Results results() const;

  // True when every worker came to rest before `deadline`; only then may this be destroyed, since that joins them.
  bool stop(Clock::time_point deadline);

  std::span<const CollectorSpec* const> enabled() const noexcept { return enabled_; }
  // True when a collector of this name exists, switched on or not.
  static bool known(std::string_view name) noexcept;

 private:
  struct Local;   // an inline collector
  struct Remote;  // a worker with one collector or one target
  struct Source;
  using Remotes = std::vector<std::shared_ptr<Remote>>;
  struct Flight;
  struct Asked;
  struct Shown;

  void build_local(const Environment& environment, const CollectorSpec& spec);
  void build_targets(const Environment& environment, const TargetSpec& spec);
  std::shared_ptr<Remote> make_remote(const TargetSpec& spec, std::span<const CollectorSpec* const> members,
                                      const std::vector<std::size_t>& indices, std::unique_ptr<Target> target,
                                      bool with_label);
  void make_worker(Remote& remote);
  void make_workers();
  void take_in(Source& source);
  void let_go();
  Flight* under_way(const Selection& selection, Clock::time_point deadline);
  std::shared_ptr<const Body> wait_for(Flight& flight, Clock::time_point deadline, std::unique_lock<std::mutex>& lock);
  Flight& take_off(const Selection& selection, Clock::time_point deadline);
  bool collect(Flight& flight, Body& body);
  void run_inline(const Selection& selection, Clock::time_point deadline);
  static void clear_run(Run& run, bool wanted);
  static void clear_runs(Remote& remote, const Wanted& wanted);
  bool run_at_once(Remote& remote, Clock::time_point deadline, const Wanted& wanted);
  static bool rests(Remote& remote);
  bool run_collector(Remote& remote, std::size_t index, Clock::time_point deadline, bool at_once);
  void run_collectors(Remote& remote, Clock::time_point deadline, const Wanted& wanted);
  void run_worker(Remote& remote, Clock::time_point deadline, const Wanted& wanted);
  void render(const Flight& flight, Body& body);
  std::pair<std::string_view, std::string_view> owner_of(const Sink& sink, const Remotes& remotes) const;
  void account(const Asked& asked, const Selection& selection);
  void account_late(Remote& remote, const Selection& selection, std::size_t finished);
  void report(std::string_view collector, std::string_view target, const Sink& sink, Outcome outcome,
              std::set<std::size_t>& said);
  void report_target(Remote& remote);

  const Log& log_;
  const int stop_fd_;
  const Options& options_;
  platform::Changes* const changes_;  // null: a machine that tells nothing
  std::mutex changes_mutex_;
  std::vector<const CollectorSpec*> enabled_;
  std::vector<std::unique_ptr<Local>> locals_;
  std::vector<std::unique_ptr<Source>> sources_;                    // before the servers, which hold on to its lists
  std::shared_ptr<Remotes> remotes_ = std::make_shared<Remotes>();  // under flights_mutex_; a scrape has its own hold
  Remotes leaving_;                                                 // until nobody holds them and their worker rests
  std::vector<std::unique_ptr<Shown>> shown_;

  std::mutex flights_mutex_;
  std::condition_variable landed_;
  std::vector<std::unique_ptr<Flight>> flights_;  // those in use, and those that were

  // Held while inline collectors run and while a page is made; timed, so that a stuck one costs its own scrape only.
  platform::TimedLock page_mutex_;
  std::unique_ptr<platform::ReadBuffer> buffer_;
  std::atomic<std::uint64_t> generation_{0};
  Registry registry_;
  SelfMetrics self_;
  std::vector<std::pair<std::size_t, const Sink*>> placed_;  // by place in the list
  std::vector<const Sink*> sinks_;
  std::set<std::size_t> dropped_said_;
  BodyPool bodies_;
  PageGzips gzips_;
};

}  // namespace exporter
