// A lock that is given up after a while. std::timed_mutex is the same, but GCC 12's thread sanitizer does not know the
// call behind it (pthread_mutex_clocklock) and sees errors where there are none.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace platform {

// Fits std::unique_lock with a time point, and std::lock_guard that adopts it.
class TimedLock {
 public:
  bool try_lock_until(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!free_.wait_until(lock, deadline, [this] { return !held_; })) {
      return false;
    }
    held_ = true;
    return true;
  }
  void unlock() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    free_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  bool held_ = false;
};

}  // namespace platform
