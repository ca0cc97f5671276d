// What happens between two scrapes: a thread samples the machine many times a second, only when --sampler.interval is
// given (burst_sampler.h: /proc/stat, /proc/pressure, /proc/diskstats). The page shows histograms:
//   resource_exporter_burst_cpu_utilization_ratio_bucket{le="0.9"} 1184
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <ctime>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "collectors/host/burst_sampler.h"
#include "collectors/host/filter_options.h"
#include "exporter/collector.h"
#include "platform/dir.h"
#include "platform/host.h"

namespace exporter::host::burst {
namespace {

using std::chrono::nanoseconds;

constexpr OptionDesc kOptions[] = {
    {"sampler.interval", OptionType::seconds, "0",
     "Time between two samples of the CPUs, the run queue, pressure and the disks' queues, for histograms of what "
     "happens between scrapes: 10ms to 1m, such as 100ms. Switches the collector burst on; 0: no sampler"},
    {"sampler.device-exclude", OptionType::regex, "^(z?ram|loop|fd|sr)\\d+$", "Disks that are not sampled, by name."},
};

constexpr double kShortest = 0.01;
constexpr double kLongest = 60;
// The share of one CPU that sampling may take. Where a sample is dearer than that, as on machines with hundreds of
// CPUs, fewer are taken.
constexpr std::int64_t kShare = 200;

nanoseconds cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

nanoseconds now() { return std::chrono::steady_clock::now().time_since_epoch(); }

nanoseconds interval_from(const Options& options) {
  const double seconds = options.number("sampler.interval");
  if (seconds != 0 && !(seconds >= kShortest && seconds <= kLongest)) {
    throw OptionError("option sampler.interval: expected 0 (no sampler) or 10ms to 1m");
  }
  return nanoseconds(static_cast<std::int64_t>(std::llround(seconds * 1e9)));
}

class Burst final : public Collector {
 public:
  explicit Burst(const Environment& environment) : interval_(interval_from(environment.options)) {
    if (interval_ == nanoseconds::zero()) {
      return;
    }
    sampler_.emplace(environment.host, filter_from({}, environment.options.text("sampler.device-exclude")));
    timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    stop_.reset(::eventfd(0, EFD_CLOEXEC));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval_);
    const timespec step{seconds.count(), static_cast<long>((interval_ - seconds).count())};
    const itimerspec ticks{step, step};
    if (!timer_ || !stop_ || ::timerfd_settime(timer_.get(), 0, &ticks, nullptr) != 0) {
      throw std::system_error(errno, std::generic_category(), "sampler.interval: no timer");
    }
    sample();  // what the first shares of time are measured from
    thread_ = std::thread([this] { run(); });
  }

  ~Burst() override {
    if (thread_.joinable()) {
      ::eventfd_write(stop_.get(), 1);
      thread_.join();
    }
  }

  Outcome collect(const Scrape&, Sink& sink) override {
    if (!sampler_) {
      return Outcome::no_data;
    }
    const auto& [cpu, run_queue, pressure, disk, samples, skipped, seconds] = kMetrics;
    const std::lock_guard lock(mutex_);
    sampler_->write(sink);
    sink.add(samples, samples_);
    sink.add(skipped, skipped_);
    sink.add(seconds, std::chrono::duration<double>(used_).count());
    return Outcome::ok;
  }

 private:
  // On the sampler's own thread. The timer is periodic, so ticks do not drift; those that were missed are not made up.
  void run() {
    std::int64_t pause = 0;  // ticks to be left out
    for (;;) {
      std::array<pollfd, 2> polled{{{timer_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
      if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) {
        return;
      }
      if (polled[1].revents != 0) {
        return;
      }
      std::uint64_t ticks = 0;
      if (polled[0].revents == 0 || ::read(timer_.get(), &ticks, sizeof ticks) != sizeof ticks) {
        continue;
      }
      const auto due = static_cast<std::int64_t>(ticks);
      if (pause >= due) {
        pause -= due;
        const std::lock_guard lock(mutex_);
        skipped_ += ticks;
        continue;
      }
      const nanoseconds used = sample();
      pause = kShare * used / interval_;
      const std::lock_guard lock(mutex_);
      skipped_ += ticks - 1;
    }
  }

  nanoseconds sample() {
    const nanoseconds before = cpu_time();
    sampler_->gather(now());
    const std::lock_guard lock(mutex_);
    sampler_->publish();
    const nanoseconds used = cpu_time() - before;
    ++samples_;
    used_ += used;
    return used;
  }

  const nanoseconds interval_;
  std::optional<Sampler> sampler_;
  platform::Fd timer_;
  platform::Fd stop_;
  std::mutex mutex_;  // over what a sample changes and the page shows
  std::uint64_t samples_ = 0;
  std::uint64_t skipped_ = 0;
  nanoseconds used_{};
  std::thread thread_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Burst>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "burst",
    .summary = "histograms of many samples a second between scrapes; on with --sampler.interval",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .on_with = "sampler.interval",
};

}  // namespace exporter::host::burst
