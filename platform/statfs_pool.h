// statfs(2) of mounts that may hang: a few helper threads, so that a dead server costs one of them and nobody else.
//
// A hung statfs cannot be cancelled. Its helper stays busy until the kernel answers; its Job tells so, is not asked
// again meanwhile, and works normally afterwards. Helpers are made when first needed, never more than allowed, and
// serve all later scrapes.
#pragma once
#include <sys/vfs.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace platform {

class StatfsPool {
 public:
  using Clock = std::chrono::steady_clock;
  // As statfs(2), but returns 0 or an errno value. Called by several threads at once.
  using Function = std::function<int(const char* path, struct statfs& out)>;
  static int system_statfs(const char* path, struct statfs& out);

  // One path; shared with the helper that works on it, which may outlive everything else.
  class Job {
   public:
    explicit Job(std::string path) : path_(std::move(path)) {}
    const std::string& path() const noexcept { return path_; }

   private:
    friend class StatfsPool;
    enum class State : std::uint8_t { idle, queued, running, done };
    const std::string path_;
    // Under the pool's mutex, but for `result_` and `error_` while running: those are the helper's.
    State state_ = State::idle;
    bool given_up_ = false;  // running, and a wait for it ended without an answer
    Clock::time_point started_;
    struct statfs result_ {};
    int error_ = 0;
  };

  explicit StatfsPool(unsigned helpers, Function function = system_statfs);
  StatfsPool(const StatfsPool&) = delete;
  StatfsPool& operator=(const StatfsPool&) = delete;
  // Comes back at once: a helper that hangs is left to itself.
  ~StatfsPool();

  // Asks for a fresh answer. False when the job was given up before and still hangs: there is nothing to wait for.
  bool submit(const std::shared_ptr<Job>& job);
  // Waits until the job is done; not longer than `timeout` after its statfs began, not beyond `deadline`, and not at
  // all once every helper hangs longer than `timeout`. Returns 0 or statfs's errno; ETIMEDOUT-like waits give kStuck.
  int wait(Job& job, std::chrono::nanoseconds timeout, Clock::time_point deadline, struct statfs& out);
  static constexpr int kStuck = -1;

  unsigned helpers() const;  // threads made so far

 private:
  struct State;
  static void help(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
  unsigned most_;
};

}  // namespace platform
