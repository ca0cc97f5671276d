// /sys/devices/system/cpu/cpu<N>/cpufreq: frequencies in kHz and the governor of each CPU
// (Documentation/admin-guide/pm/cpufreq.rst):
//   scaling_cur_freq             1699981
//   scaling_available_governors  performance powersave
//   scaling_governor             powersave
// Reading a present frequency may cost 20 ms a CPU, as the kernel measures it.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/cpu_sysfs.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::cpufreq {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_cpu_frequency_hertz", "Present frequency of the CPU.", {"cpu"}},
    {MetricType::gauge, "node_cpu_frequency_avg_hertz", "Average frequency of the CPU lately.", {"cpu"}},
    {MetricType::gauge, "node_cpu_scaling_frequency_hertz", "Present frequency as the driver scales it.", {"cpu"}},
    {MetricType::gauge, "node_cpu_frequency_min_hertz", "Lowest frequency of the CPU.", {"cpu"}},
    {MetricType::gauge, "node_cpu_frequency_max_hertz", "Highest frequency of the CPU.", {"cpu"}},
    {MetricType::gauge, "node_cpu_scaling_frequency_min_hertz", "Lowest frequency that is allowed.", {"cpu"}},
    {MetricType::gauge, "node_cpu_scaling_frequency_max_hertz", "Highest frequency that is allowed.", {"cpu"}},
    {MetricType::gauge, "node_cpu_scaling_governor", "1 for the governor in charge.", {"cpu", "governor"}},
};

// The files of the frequencies, then those of the governors. The first three may be slow.
constexpr const char* kFiles[] = {
    "cpufreq/cpuinfo_cur_freq", "cpufreq/cpuinfo_avg_freq",
    "cpufreq/scaling_cur_freq", "cpufreq/cpuinfo_min_freq",
    "cpufreq/cpuinfo_max_freq", "cpufreq/scaling_min_freq",
    "cpufreq/scaling_max_freq", "cpufreq/scaling_available_governors",
    "cpufreq/scaling_governor",
};
constexpr std::size_t kSlow = 3;
constexpr std::size_t kFrequencies = 7;
constexpr std::size_t kAvailable = 7;
constexpr std::size_t kGovernor = 8;
constexpr const MetricDesc& kGovernors = kMetrics[7];

struct Governor {
  std::string name;
  LabelBlock labels;
};

struct Cpu {
  platform::Attributes attributes;
  std::string number;
  LabelBlock labels;
  std::string available;
  std::vector<Governor> governors;
};

// Also what only root may read, and what an idle or parked CPU answers: frequencies come and go.
bool silent(int error) {
  return platform::no_value(error) || error == EACCES || error == EPERM || error == EAGAIN || error == EBUSY;
}

class Cpufreq final : public Collector {
 public:
  explicit Cpufreq(const Environment& environment)
      : host_(environment.host),
        offline_file_(environment.host.sys, "devices/system/cpu/offline"),
        first_(environment.host.sys, "devices/system/cpu/cpu0/cpufreq"),
        cpus_(environment.host.sys, "devices/system/cpu") {}

  // The kernel makes a policy<N> for the CPUs of a driver.
  bool nothing_to_read() override {
    policies_.read_kept(host_.sys, "devices/system/cpu/cpufreq");
    return std::none_of(policies_.entries().begin(), policies_.entries().end(),
                        [](const auto& entry) { return entry.name.starts_with("policy"); }) &&
           !first_.there();
  }
  Outcome outcome_of_nothing() override { return Outcome::ok; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (offline_file_.read_once(scrape.buffer) != 0 || !parse_cpu_list(scrape.buffer.text(), offline_)) {
      offline_.clear();
    }
    const auto wanted = [&](std::string_view name) {
      const auto number = name.starts_with("cpu") ? platform::number<std::uint32_t>(name.substr(3)) : std::nullopt;
      return number && !std::binary_search(offline_.begin(), offline_.end(), *number);
    };
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      const auto number = name.substr(3);
      return Cpu{{std::move(folder), kFiles, open_files_}, std::string(number), {kMetrics[0], {number}}, {}, {}};
    };
    present_.clear();
    const int error = cpus_.each(wanted, make, [&](std::string_view, Cpu& cpu) {
      present_.push_back(&cpu);
      for (std::size_t i = kSlow; i < kFrequencies; ++i) {
        add_frequency(i, cpu, scrape, sink);
      }
      add_governors(cpu, scrape, sink);
    });
    if (error != 0) {
      return unreadable(sink, "devices/system/cpu", error);
    }
    for (Cpu* const cpu : present_) {
      if (std::chrono::steady_clock::now() + kMargin >= scrape.deadline) {
        sink.problem(Problem::deadline, "cpufreq: present frequencies");
        break;
      }
      for (std::size_t i = 0; i < kSlow; ++i) {
        add_frequency(i, *cpu, scrape, sink);
      }
    }
    return Outcome::ok;
  }

 private:
  // Empty when there is none, as "<unknown>" says too.
  static std::string_view text(std::size_t file, Cpu& cpu, const Scrape& scrape, Sink& sink) {
    const int error = cpu.attributes.read(file, scrape.buffer);
    if (error != 0 && !silent(error)) {
      attribute_unreadable(sink, kFiles[file], error);
    }
    const auto value = platform::trim(scrape.buffer.text());
    return value.starts_with('<') ? std::string_view{} : value;
  }

  static void add_frequency(std::size_t file, Cpu& cpu, const Scrape& scrape, Sink& sink) {
    const auto value = text(file, cpu, scrape, sink);
    if (value.empty()) {
      return;
    }
    const auto kilohertz = platform::number<std::uint64_t>(value);
    if (kilohertz && *kilohertz <= std::numeric_limits<std::uint64_t>::max() / 1000) {
      sink.add(kMetrics[file], *kilohertz * 1000, cpu.labels);
    } else {
      sink.problem(Problem::parse, kFiles[file]);
    }
  }

  static void add_governors(Cpu& cpu, const Scrape& scrape, Sink& sink) {
    std::string_view available = text(kAvailable, cpu, scrape, sink);
    if (available != cpu.available) {
      cpu.available = available;
      cpu.governors.clear();
      for (auto name = platform::word(available); !name.empty(); name = platform::word(available)) {
        cpu.governors.push_back({std::string(name), {kGovernors, {cpu.number, name}}});
      }
    }
    const auto governor = text(kGovernor, cpu, scrape, sink);
    if (governor.empty()) {
      return;
    }
    for (const auto& [name, labels] : cpu.governors) {
      sink.add(kGovernors, name == governor ? 1 : 0, labels);
    }
  }

  static constexpr std::chrono::milliseconds kMargin{25};  // of one CPU

  const platform::Host& host_;
  platform::KeptFile offline_file_;
  platform::KeptPresence first_;
  std::vector<std::uint32_t> offline_;
  platform::DirNames policies_;
  platform::OpenFiles open_files_;
  platform::Devices<Cpu> cpus_;
  std::vector<Cpu*> present_;  // valid until the next walk
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Cpufreq>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "cpufreq",
    .summary = "frequencies and governors of the CPUs from /sys/devices/system/cpu",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::cpufreq
