// Events that the kernel and the CPUs count, for each CPU: perf_event_open(2), opened at start and kept. Tracepoints
// are opened by the number in tracefs (Documentation/trace/events.rst):
//   /sys/kernel/tracing/events/sched/sched_switch/id: 316
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/host/cpu_sysfs.h"
#include "collectors/host/perf_events.h"
#include "exporter/collector.h"
#include "platform/dir.h"
#include "platform/host.h"
#include "platform/perf_event.h"
#include "platform/text.h"

namespace exporter::host::perf {
namespace {

constexpr OptionDesc kOptions[] = {
    {"collector.perf.cpus", OptionType::text, "", "CPUs to look at, such as 0-3,8 or 0-6:2; empty for all."},
    {"collector.perf.tracepoint", OptionType::list, "", "Tracepoint to count, as subsystem:event; repeatable."},
    {"collector.perf.disable-hardware-profilers", OptionType::flag, "false", "Count no events of the CPU."},
    {"collector.perf.hardware-profilers", OptionType::list, "",
     "Events of the CPU to count instead of all; repeatable: CpuCycles, CpuInstr, BranchInstr, BranchMisses, CacheRef, "
     "CacheMisses, RefCpuCycles, StalledCyclesBackend, StalledCyclesFrontend."},
    {"collector.perf.disable-software-profilers", OptionType::flag, "false", "Count no events of the kernel."},
    {"collector.perf.software-profilers", OptionType::list, "",
     "Events of the kernel to count instead of all; repeatable: PageFault, ContextSwitch, CpuMigration, MinorFault, "
     "MajorFault."},
    {"collector.perf.disable-cache-profilers", OptionType::flag, "false", "Count no events of caches."},
    {"collector.perf.cache-profilers", OptionType::list, "",
     "Events of caches to count instead of all; repeatable: L1DataReadHit, L1DataReadMiss, L1DataWriteHit, "
     "L1InstrReadMiss, InstrTLBReadHit, InstrTLBReadMiss, DataTLBReadHit, DataTLBReadMiss, DataTLBWriteHit, "
     "DataTLBWriteMiss, LLReadHit, LLReadMiss, LLWriteHit, LLWriteMiss, BPUReadHit, BPUReadMiss."},
};

// Where tracefs is mounted today, and was before.
constexpr std::string_view kTracing[] = {"kernel/tracing/events/", "kernel/debug/tracing/events/"};

struct Cpu {
  int number;
  LabelBlock labels;
};

struct Tracepoint {
  std::string option;  // "sched:sched_switch"
  std::string metric;  // "node_perf_sched_sched_switch"
  std::string help;
  platform::PerfEvent event;
};

struct Counter {
  std::size_t cpu;    // in cpus_
  std::size_t event;  // in kMetrics, and behind those in tracepoints_
  platform::Fd file;
  platform::PerfSum sum;
};

bool denied(int error) noexcept { return error == EACCES || error == EPERM; }

// What the answer is where a CPU or the kernel does not have an event.
bool unsupported(int error) noexcept {
  return error == ENOENT || error == EOPNOTSUPP || error == EINVAL || error == ENODEV || error == ENOSYS;
}

std::vector<Cpu> cpus_from(const Environment& environment) {
  platform::ReadBuffer buffer;
  std::vector<std::uint32_t> online;
  const bool known = environment.host.sys.read("devices/system/cpu/online", buffer) == 0 &&
                     parse_cpu_list(buffer.text(), online) && !online.empty();
  std::vector<std::uint32_t> wanted = known ? online : std::vector<std::uint32_t>{0};
  const std::string& text = environment.options.text("collector.perf.cpus");
  if (!text.empty() && (!parse_cpu_list(text, wanted) || wanted.empty())) {
    throw OptionError("option collector.perf.cpus: '" + text + "' is no list of CPUs such as 0-3,8");
  }
  std::vector<Cpu> cpus;
  for (const auto cpu : wanted) {
    if (known && std::find(online.begin(), online.end(), cpu) == online.end()) {
      throw OptionError("option collector.perf.cpus: CPU " + std::to_string(cpu) + " does not exist or is off");
    }
    cpus.push_back({static_cast<int>(cpu), LabelBlock(kMetrics[0], {std::to_string(cpu)})});
  }
  return cpus;
}

// The events of one kind, by the two options that choose among them.
void choose(const Options& options, const std::string& kind, std::size_t first, std::size_t count,
            std::vector<std::size_t>& chosen) {
  if (options.flag("collector.perf.disable-" + kind + "-profilers")) {
    return;
  }
  const std::span<const Named> events = std::span(kEvents).subspan(first, count);
  const std::string option = "collector.perf." + kind + "-profilers";
  const auto names = options.list(option);
  for (const auto& name : names) {
    if (std::none_of(events.begin(), events.end(), [&](const Named& event) { return event.name == name; })) {
      throw OptionError(
          std::string("option ").append(option).append(": --help does not name '").append(name).append("'"));
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (names.empty() || std::find(names.begin(), names.end(), events[i].name) != names.end()) {
      chosen.push_back(first + i);
    }
  }
}

std::uint64_t tracepoint_id(const platform::Dir& sys, const std::string& path, const std::string& option) {
  platform::ReadBuffer buffer;
  int error = 0;
  for (const auto folder : kTracing) {
    error = sys.read((std::string(folder) + path + "/id").c_str(), buffer);
    if (error == 0) {
      if (const auto id = platform::number<std::uint64_t>(platform::trim(buffer.text()))) {
        return *id;
      }
      error = EBADMSG;
    }
  }
  throw OptionError("option collector.perf.tracepoint: " + option + ": " +
                    (denied(error) ? "kernel/tracing below --path.sysfs may be read by root only"
                                   : "no such tracepoint, or tracefs is not mounted at kernel/tracing"));
}

std::vector<Tracepoint> tracepoints_from(const Environment& environment) {
  std::vector<Tracepoint> result;
  for (const auto& option : environment.options.list("collector.perf.tracepoint")) {
    const auto colon = option.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == option.size() ||
        option.find_first_of("/.") != std::string::npos) {
      throw OptionError("option collector.perf.tracepoint: expected subsystem:event, not '" + option + "'");
    }
    std::string path = option;
    path[colon] = '/';
    Tracepoint one{option, "node_perf_", "Times that the tracepoint " + option + " was passed.", {}};
    append_sanitized_name(one.metric, path);
    one.event = {PERF_TYPE_TRACEPOINT, tracepoint_id(environment.host.sys, path, option)};
    if (std::none_of(result.begin(), result.end(),
                     [&](const Tracepoint& other) { return other.metric == one.metric; })) {
      result.push_back(std::move(one));
    }
  }
  return result;
}

class Perf final : public Collector {
 public:
  explicit Perf(const Environment& environment)
      : kernel_(environment.shared.get<platform::PerfKernel>()),
        cpus_(cpus_from(environment)),
        tracepoints_(tracepoints_from(environment)),
        paranoid_(environment.host.proc, "sys/kernel/perf_event_paranoid") {
    std::vector<std::size_t> chosen;
    choose(environment.options, "hardware", 0, kHardware, chosen);
    choose(environment.options, "software", kHardware, kSoftware, chosen);
    choose(environment.options, "cache", kHardware + kSoftware, std::size(kEvents) - kHardware - kSoftware, chosen);
    for (std::size_t i = 0; i < tracepoints_.size(); ++i) {
      chosen.push_back(std::size(kEvents) + i);
    }
    for (const std::size_t event : chosen) {
      open(event);
    }
    if (counters_.empty() && denied_ != 0) {
      throw OptionError(why_denied(denied_));
    }
  }

  Outcome collect(const Scrape&, Sink& sink) override {
    for (Counter& counter : counters_) {
      platform::PerfCount count;
      if (const int error = kernel_.read(counter.file, count)) {
        sink.problem(Problem::io, name_of(counter.event), error);
        continue;
      }
      counter.sum.add(count);
      if (counter.sum.ran()) {
        write(sink, counter);
      }
    }
    if (counters_.empty()) {
      sink.problem(Problem::missing, "perf events");  // a virtual machine often counts none of the CPU's
    }
    return Outcome::ok;
  }

 private:
  std::string_view name_of(std::size_t event) const {
    return event < std::size(kEvents) ? kEvents[event].name : tracepoints_[event - std::size(kEvents)].option;
  }

  // On every CPU. An event that this machine does not have is left out, a tracepoint was asked for by name.
  void open(std::size_t event) {
    const bool named = event >= std::size(kEvents);
    for (std::size_t i = 0; i < cpus_.size(); ++i) {
      platform::Fd file;
      const auto& what = named ? tracepoints_[event - std::size(kEvents)].event : kEvents[event].event;
      const int error = kernel_.open(what, cpus_[i].number, file);
      if (error == 0) {
        counters_.push_back({i, event, std::move(file), {}});
      } else if (denied(error) && !named) {
        denied_ = error;
      } else if (named || !unsupported(error)) {
        throw OptionError(denied(error)
                              ? why_denied(error)
                              : "collector perf: " + std::string(name_of(event)) + " on CPU " +
                                    std::to_string(cpus_[i].number) + ": " +
                                    std::strerror(error) +  // NOLINT(concurrency-mt-unsafe): before any thread
                                    "; --collector.perf.cpus and the lists of events limit what is opened");
      }
    }
  }

  std::string why_denied(int error) {
    platform::ReadBuffer buffer;
    std::string now;
    if (paranoid_.read_once(buffer) == 0) {
      now.append(" (now ").append(platform::trim(buffer.text())).append(")");
    }
    return "collector perf: the kernel does not let this program count events (" +
           std::string(error == EPERM ? "EPERM" : "EACCES") +
           "): give it CAP_PERFMON, before Linux 5.8 CAP_SYS_ADMIN, or set the sysctl kernel.perf_event_paranoid to 0, "
           "for tracepoints to -1" +
           now + "; in a container its seccomp profile must allow perf_event_open as well";
  }

  void write(Sink& sink, const Counter& counter) const {
    const LabelBlock& labels = cpus_[counter.cpu].labels;
    if (counter.event < std::size(kEvents)) {
      sink.add(kMetrics[counter.event], counter.sum.total(), labels);
    } else {
      const Tracepoint& one = tracepoints_[counter.event - std::size(kEvents)];
      sink.add(sink.dynamic(MetricType::counter, one.metric, one.help), counter.sum.total(), labels);
    }
  }

  platform::PerfKernel& kernel_;
  std::vector<Cpu> cpus_;
  std::vector<Tracepoint> tracepoints_;
  std::vector<Counter> counters_;
  platform::KeptFile paranoid_;
  int denied_ = 0;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Perf>(environment); }

}  // namespace

// A worker of its own: the kernel interrupts each CPU to read its counters.
extern constinit const CollectorSpec spec{
    .name = "perf",
    .summary = "events counted by the CPUs and the kernel, by perf_event_open",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .rights = {.capabilities = "CAP_PERFMON"},
};

}  // namespace exporter::host::perf
