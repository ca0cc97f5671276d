// What is asked many times between scrapes, to see what comes and goes: the rows of each statement are added up.
//
// A thread with a connection of its own, made at the first scrape that reached the server. A sample that cannot be
// taken, because the server is away or slow, is left out and nothing else is; so are those that are due while one is
// under way.
#pragma once
#include <chrono>
#include <deque>
#include <string>
#include <string_view>

#include "collectors/postgres/batch.h"
#include "platform/background.h"
#include "platform/summed_rows.h"

namespace exporter::postgres {

class Samples {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMostRows = 2000;  // of each statement

  Samples(Source source, const platform::Host& host, const Session::Limits& limits);
  Samples(const Samples&) = delete;
  Samples& operator=(const Samples&) = delete;
  // Ends what is under way.
  ~Samples() { background_.end(); }

  // Before start(). `query` must outlive this. All are asked together, as often as the first asks for.
  void add(const Query& query, std::string_view name);
  bool empty() const noexcept { return sums_.empty(); }
  // Makes the thread, unless there is one.
  void start();

  // Calls show(item, rows, problem, why) for each statement: its sums since the start, and what went wrong since the
  // last visit where `why` is not empty. The thread waits meanwhile.
  template <class Show>
  void visit(Show&& show) {
    const std::lock_guard lock(background_.mutex());
    for (std::size_t item = 0; item < sums_.size(); ++item) {
      Sums& sums = sums_[item];
      show(item, sums.rows, sums.problem, std::string_view(sums.why));
      sums.why.clear();
    }
  }

 private:
  struct Sums {
    platform::SummedRows rows{kMostRows};
    Problem problem{};
    std::string why;
  };
  class Adder;

  void run();
  void sample();

  Batch batch_;  // the thread's, once there is one
  Clock::duration interval_{};

  platform::Background background_;  // its mutex guards:
  std::deque<Sums> sums_;
};

}  // namespace exporter::postgres
