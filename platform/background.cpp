#include "platform/background.h"

#include <sys/eventfd.h>

#include <utility>

namespace platform {

Background::Background() : stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Background::end() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  ::eventfd_write(stop_.get(), 1);
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Background::start(std::function<void()> work) {
  if (!thread_.joinable()) {
    thread_ = std::thread(std::move(work));
  }
}

}  // namespace platform
