#include "exporter/worker.h"

#include <algorithm>
#include <utility>

namespace exporter {
namespace {

bool covers(const Wanted& have, const Wanted& need) {
  for (std::size_t i = 0; i < need.size(); ++i) {
    if (need[i] && (i >= have.size() || !have[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace

Worker::Worker(Work work, AtOnce at_once) : work_(std::move(work)), at_once_(std::move(at_once)) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  asked_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

std::uint64_t Worker::request(Clock::time_point deadline, const Wanted& wanted) {
  std::unique_lock lock(mutex_);
  // A run under way, or one that others are just about to read, serves this scrape as well.
  if ((running_ || holders_ > 0) && next_holders_ == 0 && covers(wanted_, wanted)) {
    ++holders_;
    return number_;
  }
  if (!running_ && holders_ == 0 && next_holders_ == 0 && !stop_ && at_once_ && at_once_(deadline, wanted)) {
    wanted_ = wanted;
    holders_ = 1;
    return ++number_;
  }
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { loop(); });
  }
  if (next_holders_ == 0) {
    next_wanted_.assign(wanted.size(), false);
    next_deadline_ = deadline;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    next_wanted_[i] = next_wanted_[i] || wanted[i];
  }
  next_deadline_ = std::max(next_deadline_, deadline);
  ++next_holders_;
  const std::uint64_t number = number_ + 1;
  lock.unlock();  // first: whom the call wakes would only wait for the lock
  asked_.notify_one();
  return number;
}

bool Worker::wait(std::uint64_t number, Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return done_.wait_until(lock, deadline, [&] { return stop_ || (number_ == number && !running_); }) && !stop_;
}

void Worker::release(std::uint64_t number) {
  bool next = false;
  {
    const std::lock_guard lock(mutex_);
    --(number == number_ ? holders_ : next_holders_);
    next = holders_ == 0 && next_holders_ > 0;
  }
  if (next) {
    asked_.notify_one();
  }
}

bool Worker::rest(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  stop_ = true;
  asked_.notify_one();
  done_.notify_all();
  return done_.wait_until(lock, deadline, [&] { return !running_; });
}

bool Worker::under_way(std::uint64_t number, Clock::time_point since) const {
  const std::lock_guard lock(mutex_);
  return running_ && number_ == number && started_ >= since;
}

double Worker::busy_seconds() const {
  const std::lock_guard lock(mutex_);
  return running_ ? std::chrono::duration<double>(Clock::now() - started_).count() : 0;
}

void Worker::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    asked_.wait(lock, [&] { return stop_ || (next_holders_ > 0 && holders_ == 0); });
    if (stop_) {
      return;
    }
    ++number_;
    holders_ = std::exchange(next_holders_, 0);
    wanted_.swap(next_wanted_);
    running_ = true;
    started_ = Clock::now();
    const auto deadline = next_deadline_;
    lock.unlock();
    work_(deadline, wanted_);
    lock.lock();
    running_ = false;
    lock.unlock();
    done_.notify_all();
    lock.lock();
  }
}

}  // namespace exporter
