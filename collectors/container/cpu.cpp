// CPU time and bandwidth control.
//
// Version 2, cpu.stat: "usage_usec 51234\nuser_usec 40000\nsystem_usec 11234\nnr_periods 64\n..." (cgroup-v2.rst)
// Version 1, cpuacct.usage_percpu: "4021 991 " in ns; cpuacct.usage: "5012"; cpuacct.stat: "user 12\nsystem 3" in
// ticks; cpu.stat: "nr_periods 64\nnr_throttled 61\nthrottled_time 2682729000\nnr_bursts 0\nburst_time 0". The
// bandwidth rows exist only while a quota is set.
#include <array>

#include "collectors/container/inventory.h"
#include "platform/host.h"

namespace exporter::container::cpu {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "container_cpu_usage_seconds_total", "CPU time used.", {"cpu"}},
    {MetricType::counter, "container_cpu_user_seconds_total", "CPU time used in user mode."},
    {MetricType::counter, "container_cpu_system_seconds_total", "CPU time used in the kernel."},
    {MetricType::counter, "container_cpu_cfs_periods_total", "Enforcement periods that have elapsed."},
    {MetricType::counter, "container_cpu_cfs_throttled_periods_total", "Enforcement periods that ended throttled."},
    {MetricType::counter, "container_cpu_cfs_throttled_seconds_total", "Time spent throttled."},
    {MetricType::counter, "container_cpu_cfs_burst_periods_total", "Enforcement periods that used burst."},
    {MetricType::counter, "container_cpu_cfs_burst_seconds_total", "CPU time used above the quota in bursts."},
};
constexpr const MetricDesc& kUsage = kMetrics[0];
constexpr const MetricDesc& kUser = kMetrics[1];
constexpr const MetricDesc& kSystem = kMetrics[2];

constexpr OptionDesc kOptions[] = {
    {"container.cpu.per-cpu", OptionType::flag, "true",
     "On cgroup version 1: one usage row per CPU instead of cpu=\"total\". Version 2 counts the total only."},
};

// A key of cpu.stat, its metric and the seconds in one unit of it.
struct Field {
  std::string_view key;
  const MetricDesc& metric;
  double unit;  // 0: a count
  bool needs_quota;
};
constexpr Field kFields[] = {
    {"user_usec", kUser, 1e-6, false},           {"system_usec", kSystem, 1e-6, false},
    {"nr_periods", kMetrics[3], 0, true},        {"nr_throttled", kMetrics[4], 0, true},
    {"throttled_usec", kMetrics[5], 1e-6, true}, {"throttled_time", kMetrics[5], 1e-9, true},
    {"nr_bursts", kMetrics[6], 0, true},         {"burst_usec", kMetrics[7], 1e-6, true},
    {"burst_time", kMetrics[7], 1e-9, true},
};

double seconds(std::uint64_t value, double unit) {
  // Dividing by a whole number keeps 0.1 s as 0.1; multiplying by 1e-6 does not.
  return static_cast<double>(value) / (unit == 1e-6 ? 1e6 : 1e9);
}

// "cpu00", "cpu01", ...
class CpuName {
 public:
  std::string_view of(std::size_t number) {
    char* out = text_.data() + 3;
    if (number < 10) {
      *out++ = '0';
    }
    const auto end = std::to_chars(out, text_.data() + text_.size(), number).ptr;
    return {text_.data(), static_cast<std::size_t>(end - text_.data())};
  }

 private:
  std::array<char, 24> text_{'c', 'p', 'u'};
};

class Cpu final : public Collector {
 public:
  explicit Cpu(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        tick_(static_cast<double>(environment.host.tick)),
        per_cpu_(environment.options.flag("container.cpu.per-cpu")),
        v2_(inventory_.tree().v2(Controller::cpu)),
        accounting_v2_(inventory_.tree().v2(Controller::cpuacct)),
        stat_(inventory_.tree().file(Controller::cpu, "cpu.stat")),
        usage_(inventory_.tree().file(Controller::cpuacct, per_cpu_ ? "cpuacct.usage_percpu" : "cpuacct.usage")),
        times_(inventory_.tree().file(Controller::cpuacct, "cpuacct.stat")) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    for (Container* const container : inventory_.usage()) {
      stat(*container, scrape, sink);
      if (!accounting_v2_) {
        accounting(*container, scrape, sink);
      }
    }
    return Outcome::ok;
  }

 private:
  using Controller = Inventory::Controller;

  void stat(Container& container, const Scrape& scrape, Sink& sink) {
    const bool limited = inventory_.cpu_limit(container, scrape, sink).quota.has_value();
    if ((!v2_ && !limited) || !inventory_.read(container, stat_, scrape, sink)) {
      return;
    }
    const bool sound = each_flat_line(scrape.buffer.text(), [&](std::string_view key, std::uint64_t value) {
      if (key == "usage_usec") {
        if (accounting_v2_) {
          sink.add(kUsage, seconds(value, 1e-6), container.labels, {"total"});
        }
        return;
      }
      for (const Field& field : kFields) {
        if (key == field.key && (field.needs_quota ? limited : accounting_v2_)) {
          sink.add(field.metric, field.unit == 0 ? Value(value) : Value(seconds(value, field.unit)), container.labels);
        }
      }
    });
    if (!sound) {
      sink.problem(Problem::parse, container.cgroup->path());
    }
  }

  void accounting(Container& container, const Scrape& scrape, Sink& sink) {
    if (inventory_.read(container, times_, scrape, sink)) {
      const bool sound = each_flat_line(scrape.buffer.text(), [&](std::string_view key, std::uint64_t value) {
        if (key == "user" || key == "system") {
          sink.add(key == "user" ? kUser : kSystem, static_cast<double>(value) / tick_, container.labels);
        }
      });
      if (!sound) {
        sink.problem(Problem::parse, container.cgroup->path());
      }
    }
    if (!per_cpu_) {
      if (const auto total = inventory_.read_number(container, usage_, scrape, sink)) {
        sink.add(kUsage, seconds(*total, 1e-9), container.labels, {"total"});
      }
    } else if (inventory_.read(container, usage_, scrape, sink)) {
      usage_per_cpu(container, scrape.buffer.text(), sink);
    }
  }

  // CPUs that the group never ran on have no row: on large machines that is most of them.
  void usage_per_cpu(const Container& container, std::string_view text, Sink& sink) {
    std::size_t number = 0;
    for (auto word = platform::word(text); !word.empty(); word = platform::word(text), ++number) {
      const auto value = platform::number<std::uint64_t>(word);
      if (!value) {
        sink.problem(Problem::parse, container.cgroup->path());
      } else if (*value != 0) {
        sink.add(kUsage, seconds(*value, 1e-9), container.labels, {name_.of(number)});
      }
    }
  }

  Inventory& inventory_;
  double tick_;
  bool per_cpu_;
  bool v2_;
  bool accounting_v2_;
  Inventory::FileId stat_;
  Inventory::FileId usage_;
  Inventory::FileId times_;
  CpuName name_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Cpu>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.cpu",
    .summary = "CPU time and throttling per control group",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::container::cpu
