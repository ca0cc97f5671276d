// Reads what is too dear for a scrape, on a thread of its own that works one hundredth of the time at most.
//
// The scrape's thread says what there is, and shows what was found last and when. No call of its waits.
#pragma once
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace exporter::container {

// Subject: `serial` as Cgroup::serial(), and ==. Result: `error`, 0 or an errno value.
template <class Subject, class Result>
class BetweenScrapes {
 public:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;
  // To be called every millisecond or so of work: rests when it is time to; false: give up, with ECANCELED.
  using Rest = std::function<bool()>;
  using Measure = std::function<Result(const Subject& subject, const Rest& rest)>;

  // `measure` is called on the thread. What was measured is measured anew after `interval`.
  BetweenScrapes(Measure measure, Seconds interval)
      : measure_(std::move(measure)), interval_(interval), thread_([this] { run(); }) {}
  BetweenScrapes(const BetweenScrapes&) = delete;
  BetweenScrapes& operator=(const BetweenScrapes&) = delete;
  ~BetweenScrapes() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  // What there is now; the rest is forgotten, and so is that something was not there.
  void set_subjects(std::vector<Subject> subjects) {
    const std::lock_guard lock(mutex_);
    subjects_ = std::move(subjects);
    std::erase_if(results_, [&](const auto& entry) {
      const bool there = std::any_of(subjects_.begin(), subjects_.end(),
                                     [&](const Subject& subject) { return subject.serial == entry.first; });
      return !there || gone(entry.second.result.error);
    });
    wake_.notify_all();
  }

  // Calls visit(const Result&, Seconds age) when there is one.
  template <class Visit>
  void with(std::uint64_t serial, Visit&& visit) {
    const std::lock_guard lock(mutex_);
    if (const auto found = results_.find(serial); found != results_.end()) {
      visit(found->second.result, Seconds(Clock::now() - found->second.finished));
    }
  }

  static bool gone(int error) noexcept { return error == ENOENT || error == ESRCH || error == ENODEV; }

 private:
  struct Entry {
    Result result;
    Clock::time_point finished;
  };
  static constexpr std::chrono::milliseconds kFirst{1000};  // the start of the program is busy enough
  static constexpr std::chrono::milliseconds kWork{2};
  static constexpr int kRestPerWork = 99;

  // False at the end of the program.
  bool sleep(Seconds time) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, time, [&] { return stop_; });
  }

  bool rest(Clock::duration least) {
    const auto worked = Clock::now() - working_since_;
    if (worked < least) {
      const std::lock_guard lock(mutex_);
      return !stop_;
    }
    const bool go_on = sleep(worked * kRestPerWork);
    working_since_ = Clock::now();
    return go_on;
  }

  // Waits until something is to be measured: what was not yet, then what was longest ago. False at the end.
  bool next(Subject& subject) {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      auto due = Clock::now() + std::chrono::hours(24);  // what comes earlier wakes this
      const Subject* first = nullptr;
      for (const Subject& one : subjects_) {
        const auto found = results_.find(one.serial);
        const auto when = found == results_.end()
                              ? Clock::time_point{}
                              : found->second.finished + std::chrono::duration_cast<Clock::duration>(interval_);
        if (when < due) {
          due = when;
          first = &one;
        }
      }
      if (first != nullptr && due <= Clock::now()) {
        subject = *first;
        return true;
      }
      wake_.wait_until(lock, due);
    }
    return false;
  }

  void run() {
    if (!sleep(std::min<Seconds>(kFirst, interval_))) {
      return;
    }
    Subject subject{};
    while (next(subject)) {
      working_since_ = Clock::now();
      Result result = measure_(subject, [this] { return rest(kWork); });
      {
        const std::lock_guard lock(mutex_);
        if (result.error != ECANCELED && std::find(subjects_.begin(), subjects_.end(), subject) != subjects_.end()) {
          results_[subject.serial] = {std::move(result), Clock::now()};
        }
      }
      if (!rest(Clock::duration::zero())) {
        return;
      }
    }
  }

  const Measure measure_;
  const Seconds interval_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::vector<Subject> subjects_;
  std::unordered_map<std::uint64_t, Entry> results_;
  Clock::time_point working_since_;  // the thread's own
  std::thread thread_;               // last: the rest is made when it starts
};

}  // namespace exporter::container
