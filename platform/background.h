// A thread that works beside the scrapes, made when there is work and ended at once: what it and its owner share.
//
// The owner's state is guarded by mutex(). What the work waits for outside of it ends when stop_fd() is readable.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "platform/dir.h"

namespace platform {

class Background {
 public:
  Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background() { end(); }
  // Ends what is under way, and waits for it: before what the work uses is destroyed. Not under the mutex.
  void end();

  std::mutex& mutex() noexcept { return mutex_; }
  // For who changes what the thread waits for, and the other way round.
  std::condition_variable& changed() noexcept { return changed_; }
  int stop_fd() const noexcept { return stop_.get(); }

  // Under the mutex: the thread shall end.
  bool stopping() const noexcept { return stopping_; }
  bool started() const noexcept { return thread_.joinable(); }
  // Under the mutex: calls `work` on the thread, unless there is one.
  void start(std::function<void()> work);

 private:
  Fd stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace platform
