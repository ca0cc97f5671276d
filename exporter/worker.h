// A thread of its own for work that may block: a slow host source, or the connection to one server.
//
// Scrapes ask for a run and wait for it with a deadline. Scrapes that come while a run is under way share its result; a
// scrape that gives up leaves the run to end by itself, and until then no second one is started. Results stay readable
// until every scrape that waited has let go of its ticket. The thread is made when there is work for the first time.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace exporter {

// Which of a worker's runs are asked for, by index.
using Wanted = std::vector<bool>;

class Worker {
 public:
  using Clock = std::chrono::steady_clock;
  // Does the work. Must return soon after the deadline or once the program stops.
  using Work = std::function<void(Clock::time_point deadline, const Wanted& wanted)>;

  // Does what needs no waiting. True when that was all: then the run is done, without the thread.
  using AtOnce = std::function<bool(Clock::time_point deadline, const Wanted& wanted)>;

  explicit Worker(Work work, AtOnce at_once = nullptr);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  // Joins the thread: make the work return first.
  ~Worker();

  // Asks for a result that covers `wanted`. Each request() needs one release(). When nothing is under way, at_once is
  // tried first, on the caller's thread.
  std::uint64_t request(Clock::time_point deadline, const Wanted& wanted);
  // True when the run `number` is done before the deadline. Its results may then be read until release(number).
  bool wait(std::uint64_t number, Clock::time_point deadline);
  void release(std::uint64_t number);
  // Starts no more runs; true when none is under way any more at `deadline`.
  bool rest(Clock::time_point deadline);
  // True while the run `number` is under way and began at `since` or later.
  bool under_way(std::uint64_t number, Clock::time_point since) const;
  // Seconds the run under way has taken; 0 when there is none.
  double busy_seconds() const;

 private:
  void loop();

  const Work work_;
  const AtOnce at_once_;
  mutable std::mutex mutex_;
  std::condition_variable asked_;  // the thread waits for it
  std::condition_variable done_;   // scrapes wait for it
  std::uint64_t number_ = 0;       // of the run that is under way or done last
  bool running_ = false;
  bool stop_ = false;
  unsigned holders_ = 0;       // tickets for number_
  unsigned next_holders_ = 0;  // tickets for number_ + 1
  Wanted wanted_;
  Wanted next_wanted_;
  Clock::time_point next_deadline_;
  Clock::time_point started_;
  std::thread thread_;
};

}  // namespace exporter
