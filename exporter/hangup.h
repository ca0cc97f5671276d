// SIGHUP, which asks a service to read its configuration again (signal(7), daemon(7)).
#pragma once
#include <functional>
#include <thread>

#include "platform/dir.h"

namespace exporter {

class Hangup {
 public:
  // Blocks the signal in this thread and those made later: without a listener it does nothing. Before other threads.
  static void block();

  // Calls `hung_up` at each signal, by a thread of its own, until `stop_fd` becomes readable. Must not throw.
  Hangup(int stop_fd, std::function<void()> hung_up);
  Hangup(const Hangup&) = delete;
  Hangup& operator=(const Hangup&) = delete;
  // `stop_fd` must be readable by then.
  ~Hangup();

 private:
  void run(int stop_fd) const;

  const std::function<void()> hung_up_;
  platform::Fd signals_;
  std::thread thread_;
};

}  // namespace exporter
