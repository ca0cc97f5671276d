// /proc/stat: "cpu0 44490 19 21045 1087069 220 1 3410 0 2 1", time of each CPU in units of 1/100 s (proc_stat(5));
// /proc/cpuinfo and /sys/devices/system/cpu as described in cpu_info.h and cpu_sysfs.h
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>

#include "collectors/host/cpu_info.h"
#include "collectors/host/cpu_sysfs.h"
#include "collectors/host/proc_stat.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/regex.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::cpu {
namespace {

enum Metric : std::size_t {
  seconds,
  guest,
  info,
  frequency,
  flag,
  bug,
  core_throttles,
  package_throttles,
  isolated,
  online
};

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "node_cpu_seconds_total",
     "Time the CPU spent in each mode; user and nice contain the time of guests.",
     {"cpu", "mode"}},
    {MetricType::counter,
     "node_cpu_guest_seconds_total",
     "Time the CPU spent running virtual machines.",
     {"cpu", "mode"}},
    {MetricType::gauge,
     "node_cpu_info",
     "Always 1; the labels describe the CPU as /proc/cpuinfo does.",
     {"cachesize", "core", "cpu", "family", "microcode", "model", "model_name", "package", "stepping", "vendor"}},
    {MetricType::gauge, "node_cpu_frequency_hertz", "Present frequency of the CPU.", {"core", "cpu", "package"}},
    {MetricType::gauge, "node_cpu_flag_info", "Always 1; a flag of the first CPU that was asked for.", {"flag"}},
    {MetricType::gauge, "node_cpu_bug_info", "Always 1; a bug of the first CPU that was asked for.", {"bug"}},
    {MetricType::counter,
     "node_cpu_core_throttles_total",
     "How often the core was slowed down for heat.",
     {"core", "package"}},
    {MetricType::counter,
     "node_cpu_package_throttles_total",
     "How often the package was slowed down for heat.",
     {"package"}},
    {MetricType::gauge, "node_cpu_isolated", "Always 1; the CPU is kept free of the scheduler's balancing.", {"cpu"}},
    {MetricType::gauge, "node_cpu_online", "1 when the CPU is switched on, 0 when it is switched off.", {"cpu"}},
};

constexpr OptionDesc kOptions[] = {
    {"collector.cpu.guest", OptionType::flag, "true", "show node_cpu_guest_seconds_total"},
    {"collector.cpu.info", OptionType::flag, "false", "show node_cpu_info and the frequency in /proc/cpuinfo"},
    {"collector.cpu.info.flags-include", OptionType::regex, "", "CPU flags to show; switches collector.cpu.info on"},
    {"collector.cpu.info.bugs-include", OptionType::regex, "", "CPU bugs to show; switches collector.cpu.info on"},
};

// The columns of /proc/stat in their order; the guest columns come last.
constexpr std::array<std::string_view, 8> kModes{"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"};
constexpr std::size_t kIdle = 3;
constexpr std::size_t kColumns = kModes.size() + 2;
constexpr double kTicksPerSecond = 100;  // USER_HZ, fixed
// The kernel's idle and iowait jitter backwards by a little; more than this much means that the CPU was off and counts
// anew.
constexpr std::uint64_t kResetTicks = 300;

struct Cpu {
  explicit Cpu(std::string_view number) {
    for (std::size_t i = 0; i < kModes.size(); ++i) {
      labels[i].append("cpu", number);
      labels[i].append("mode", kModes[i]);
    }
  }
  std::array<LabelBlock, kModes.size()> labels;
  std::array<std::uint64_t, kColumns> ticks{};
};

// The words of a line that the user asked for. The line is the same at every scrape, so its words are matched once.
struct ChosenWords {
  platform::Pattern pattern;
  std::string line;
  std::vector<LabelBlock> labels;

  void show(Sink& sink, const MetricDesc& metric, std::string_view text) {
    if (pattern.empty()) {
      return;
    }
    if (text != line) {
      line = text;
      labels.clear();
      for (auto word = platform::word(text); !word.empty(); word = platform::word(text)) {
        if (pattern.matches(word)) {
          labels.emplace_back(metric, std::initializer_list<std::string_view>{word});
        }
      }
    }
    for (const auto& block : labels) {
      sink.add(metric, 1, block);
    }
  }
};

platform::Pattern pattern(const Options& options, std::string_view name) {
  const auto& text = options.text(name);
  return text.empty() ? platform::Pattern() : platform::Pattern(text);
}

// The frequency belongs to the collector cpufreq and goes with it.
bool cpufreq_is_on(const Options& options) {
  constexpr std::string_view kSwitch = "collector.cpufreq";
  return options.given(kSwitch) ? options.flag(kSwitch) : !only_named(options, Module::node);
}

class CpuCollector final : public Collector {
 public:
  explicit CpuCollector(const Environment& environment)
      : stat_(environment.shared.get<ProcStat>(environment.host)),
        sysfs_(environment.host),
        info_file_(environment.host.proc, "cpuinfo"),
        flags_{pattern(environment.options, "collector.cpu.info.flags-include"), {}, {}},
        bugs_{pattern(environment.options, "collector.cpu.info.bugs-include"), {}, {}},
        show_guest_(environment.options.flag("collector.cpu.guest")),
        show_info_(environment.options.flag("collector.cpu.info") || !flags_.pattern.empty() || !bugs_.pattern.empty()),
        show_frequency_(cpufreq_is_on(environment.options)) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = stat_.read(scrape)) {
      return unreadable(sink, stat_.name(), error);
    }
    add_times(sink);
    if (show_info_) {
      add_info(scrape, sink);
    }
    sysfs_.refresh(scrape.buffer);
    add_throttles(scrape, sink, sysfs_.cores(), kMetrics[core_throttles]);
    add_throttles(scrape, sink, sysfs_.packages(), kMetrics[package_throttles]);
    for (const auto& labels : sysfs_.isolated()) {
      sink.add(kMetrics[isolated], 1, labels);
    }
    for (const auto& entry : sysfs_.switches()) {
      sink.add(kMetrics[online], entry.online ? 1 : 0, entry.labels);
    }
    return Outcome::ok;
  }

 private:
  // The lines of the CPUs come first; the line of their sum is left to the reader of the metrics.
  void add_times(Sink& sink) {
    std::string_view text = stat_.text();
    cpus_.start();
    while (text.starts_with("cpu")) {
      std::string_view line = platform::take(text, '\n');
      const auto number = platform::word(line).substr(3);
      if (number.empty()) {
        continue;
      }
      if (!platform::number<std::uint32_t>(number)) {
        sink.problem(Problem::parse, "stat: CPU number");
        continue;
      }
      add_cpu(sink, cpus_.at(number, [&] { return Cpu(number); }), line);
    }
    cpus_.finish();
  }

  void add_cpu(Sink& sink, Cpu& cpu, std::string_view line) {
    std::array<std::optional<std::uint64_t>, kColumns> now;
    for (auto& column : now) {
      const auto word = platform::word(line);
      if (word.empty()) {
        break;  // older kernels have fewer columns
      }
      column = platform::number<std::uint64_t>(word);
      if (!column) {
        sink.problem(Problem::parse, "stat: CPU time");
      }
    }
    if (now[kIdle] && cpu.ticks[kIdle] >= *now[kIdle] + kResetTicks) {
      cpu.ticks = {};
    }
    for (std::size_t i = 0; i < kColumns; ++i) {
      if (!now[i]) {
        continue;
      }
      cpu.ticks[i] = std::max(cpu.ticks[i], *now[i]);
      const double value = static_cast<double>(cpu.ticks[i]) / kTicksPerSecond;
      if (i < kModes.size()) {
        sink.add(kMetrics[seconds], value, cpu.labels[i]);
      } else if (show_guest_) {
        sink.add(kMetrics[guest], value, cpu.labels[i - kModes.size()]);
      }
    }
  }

  void add_info(const Scrape& scrape, Sink& sink) {
    if (const int error = info_file_.read(scrape.buffer)) {
      unreadable(sink, info_file_.name(), error);
      return;
    }
    bool first = true;
    each_cpu_info(scrape.buffer.text(), [&](const CpuInfo& cpu) {
      sink.add(kMetrics[info], 1,
               {cpu.cache_size, cpu.core, cpu.processor, cpu.family, cpu.microcode, cpu.model, cpu.model_name,
                cpu.package, cpu.stepping, cpu.vendor});
      add_frequency(sink, cpu);
      if (first) {
        flags_.show(sink, kMetrics[flag], cpu.flags);
        bugs_.show(sink, kMetrics[bug], cpu.bugs);
      }
      first = false;
    });
  }

  void add_frequency(Sink& sink, const CpuInfo& cpu) const {
    auto text = cpu.megahertz;
    if (!show_frequency_ || text.empty()) {
      return;
    }
    if (text.ends_with("MHz")) {
      text.remove_suffix(3);
    }
    if (const auto megahertz = platform::number<double>(text)) {
      sink.add(kMetrics[frequency], *megahertz * 1e6, {cpu.core, cpu.processor, cpu.package});
    } else {
      sink.problem(Problem::parse, "cpuinfo: cpu MHz");
    }
  }

  static void add_throttles(const Scrape& scrape, Sink& sink, std::span<CpuSysfs::Throttle> throttles,
                            const MetricDesc& metric) {
    for (auto& throttle : throttles) {
      const int error = throttle.count.read_once(scrape.buffer);
      if (error == ENOENT || error == ENODEV) {
        continue;  // the CPU was just switched off
      }
      const auto count = platform::number<std::uint64_t>(platform::trim(scrape.buffer.text()));
      if (error == 0 && count) {
        sink.add(metric, *count, throttle.labels);
      } else {
        sink.problem(error != 0 ? Problem::io : Problem::parse, throttle.count.name(), error);
      }
    }
  }

  ProcStat& stat_;
  CpuSysfs sysfs_;
  platform::KeptFile info_file_;
  platform::RowCache<Cpu> cpus_;
  ChosenWords flags_;
  ChosenWords bugs_;
  bool show_guest_;
  bool show_info_;
  bool show_frequency_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<CpuCollector>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "cpu",
    .summary = "CPU time by mode, throttling and, if asked for, the CPUs' description",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::cpu
