// Looks for keys by SCAN between scrapes, for who needs their names only.
//
// A thread with a connection of its own does so after a scrape, once a minute at most, and as gently as KeyWalk does.
// What it found stays until it has looked again.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "collectors/redis/key_plan.h"
#include "collectors/redis/timed_link.h"
#include "platform/background.h"

namespace exporter::redis::keys {

class NameWalk {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kPause{60};  // from the end of a pass to the next

  // Looks for what `patterns` match, `most` names of each.
  NameWalk(std::vector<KeyName> patterns, std::size_t most, std::unique_ptr<platform::RedisConnection> connection,
           Clock::duration pause = kPause);
  NameWalk(const NameWalk&) = delete;
  NameWalk& operator=(const NameWalk&) = delete;
  // Ends what is under way.
  ~NameWalk() { background_.end(); }

  // A scrape came.
  void update();
  // Waits until the first pass ended, until `deadline` at most; the first time only.
  void await_first(Clock::time_point deadline);
  // Calls `use` with each name that a pattern found, in order. The thread waits meanwhile.
  template <class Use>
  void each(std::size_t pattern, Use use) {
    const std::lock_guard lock(background_.mutex());
    for (const auto& name : found_[pattern].names) {
      use(std::string_view(name));
    }
  }
  // Counts what went wrong in the last pass; a SCAN that is forbidden is noted with `server`.
  void tell(ServerInfo& server, Sink& sink);

 private:
  struct Found {
    std::vector<std::string> names;
    bool full = false;  // there are more
  };
  void run();
  bool next_pass();
  bool look_for(const KeyName& pattern, Found& found, std::string& trouble);
  void tidy(Found& found) const;

  const std::vector<KeyName> patterns_;
  const std::size_t most_;
  const Clock::duration pause_;
  platform::Background background_;

  // The thread's own.
  TimedLink link_;
  Portion portion_{50, 1000};

  // Under the mutex.
  std::vector<Found> found_;  // by patterns_
  Clock::time_point due_{};   // when the next pass may begin
  bool wanted_ = false;
  bool busy_ = false;
  bool awaited_ = false;
  bool first_done_ = false;
  std::string trouble_;  // of the last pass
};

}  // namespace exporter::redis::keys
