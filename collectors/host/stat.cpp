// /proc/stat: "ctxt 38014093", "btime 1418183276", "softirq 57 1 2 ...": counters since boot (proc_stat(5))
#include <array>
#include <cstdint>
#include <string_view>

#include "collectors/host/proc_stat.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::stat {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_intr_total", "Interrupts that were served since boot."},
    {MetricType::counter, "node_context_switches_total", "Context switches since boot."},
    {MetricType::gauge, "node_boot_time_seconds", "When the kernel started, as Unix time."},
    {MetricType::counter, "node_forks_total", "Processes and threads that were created since boot."},
    {MetricType::gauge, "node_procs_running", "Threads that run or are ready to run."},
    {MetricType::gauge, "node_procs_blocked", "Threads that wait for input or output."},
    {MetricType::counter,
     "node_softirqs_total",
     "Software interrupts that were served since boot, by kind.",
     {"vector"}},
};
constexpr std::size_t kSoftirqs = 6;

// The first word of the lines that hold the metrics above, in the same order.
constexpr std::array<std::string_view, kSoftirqs + 1> kLines{"intr",          "ctxt",          "btime",  "processes",
                                                             "procs_running", "procs_blocked", "softirq"};

constexpr std::array<std::string_view, 10> kVectors{"hi",           "timer",   "net_tx", "net_rx",  "block",
                                                    "block_iopoll", "tasklet", "sched",  "hrtimer", "rcu"};

constexpr OptionDesc kOptions[] = {
    {"collector.stat.softirq", OptionType::flag, "false", "show node_softirqs_total"},
};

class Stat final : public Collector {
 public:
  explicit Stat(const Environment& environment)
      : file_(environment.shared.get<ProcStat>(environment.host)),
        show_softirqs_(environment.options.flag("collector.stat.softirq")) {
    for (std::size_t i = 0; i < kVectors.size(); ++i) {
      vectors_[i].append("vector", kVectors[i]);
    }
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read(scrape)) {
      return unreadable(sink, file_.name(), error);
    }
    std::string_view text = file_.text();
    while (!text.empty()) {
      std::string_view line = platform::take(text, '\n');
      if (line.starts_with("cpu")) {
        continue;
      }
      const auto name = platform::take(line, ' ');
      for (std::size_t i = 0; i < kLines.size(); ++i) {
        if (name == kLines[i]) {
          i == kSoftirqs ? add_softirqs(sink, line) : add_first(sink, kMetrics[i], line);
        }
      }
    }
    return Outcome::ok;
  }

 private:
  // The sum over all interrupts comes first; the thousands of numbers behind it are not read.
  static void add_first(Sink& sink, const MetricDesc& metric, std::string_view line) {
    if (const auto value = platform::number<std::uint64_t>(platform::word(line))) {
      sink.add(metric, *value);
    } else {
      sink.problem(Problem::parse, metric.name);
    }
  }

  void add_softirqs(Sink& sink, std::string_view line) const {
    if (!show_softirqs_) {
      return;
    }
    platform::word(line);  // the sum
    for (const auto& labels : vectors_) {
      const auto word = platform::word(line);
      if (word.empty()) {
        return;
      }
      if (const auto value = platform::number<std::uint64_t>(word)) {
        sink.add(kMetrics[kSoftirqs], *value, labels);
      } else {
        sink.problem(Problem::parse, kMetrics[kSoftirqs].name);
      }
    }
  }

  ProcStat& file_;
  std::array<LabelBlock, kVectors.size()> vectors_;
  bool show_softirqs_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Stat>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "stat",
    .summary = "interrupts, context switches, forks, boot time and running threads from /proc/stat",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::stat
