#include "exporter/hangup.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace exporter {
namespace {

sigset_t only_hangup() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGHUP);
  return signals;
}

}  // namespace

void Hangup::block() {
  const sigset_t signals = only_hangup();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

Hangup::Hangup(int stop_fd, std::function<void()> hung_up) : hung_up_(std::move(hung_up)) {
  const sigset_t signals = only_hangup();
  signals_ = platform::Fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  thread_ = std::thread([this, stop_fd] { run(stop_fd); });
}

Hangup::~Hangup() { thread_.join(); }

void Hangup::run(int stop_fd) const {
  for (;;) {
    std::array<pollfd, 2> fds{{{signals_.get(), POLLIN, 0}, {stop_fd, POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) {
      continue;
    }
    if (fds[1].revents != 0) {
      return;
    }
    signalfd_siginfo signal{};
    if (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
      hung_up_();
    }
  }
}

}  // namespace exporter
