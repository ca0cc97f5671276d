// Events that the CPUs and the kernel count for the tasks of a container, by perf_event_open(2) with the group's
// directory (PERF_FLAG_PID_CGROUP); for "/" of all tasks. Which ones says the file of --perf_events_config, see
// platform/ perf_config.h; without one nothing is counted. Counters of the machine's own devices (uncore) are shown on
// "/": /sys/bus/event_source/devices/<pmu>/{type "18",cpumask "0,28"}.
//
// Each event takes a descriptor a container and CPU, so at most kMostCounters are opened. Needs CAP_PERFMON. Values are
// scaled up by the time that an event did not run, interval by interval, so they never step back.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "collectors/container/cpu_list.h"
#include "collectors/container/inventory.h"
#include "collectors/container/machine_identity.h"
#include "collectors/container/per_container.h"
#include "platform/host.h"
#include "platform/perf_config.h"

namespace exporter::container::perf_event {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "container_perf_events_total", "Events counted for a container.", {"cpu", "event"}},
    {MetricType::gauge,
     "container_perf_events_scaling_ratio",
     "Part of the time in which the event was counted; the rest is estimated.",
     {"cpu", "event"}},
    {MetricType::counter,
     "container_perf_uncore_events_total",
     "Events counted outside of the CPUs' cores.",
     {"socket", "event", "pmu"}},
    {MetricType::gauge,
     "container_perf_uncore_events_scaling_ratio",
     "Part of the time in which the event was counted; the rest is estimated.",
     {"socket", "event", "pmu"}},
};

constexpr OptionDesc kOptions[] = {
    {"perf_events_config", OptionType::text, "",
     "JSON file that says which events to count, as cAdvisor takes it; or the JSON itself."},
};

constexpr std::size_t kMostCounters = 8192;

// One of the counters that may be open; given back at the end.
class Place {
 public:
  explicit Place(std::size_t& left) : left_(&left) { --left; }
  Place(Place&& other) noexcept : left_(std::exchange(other.left_, nullptr)) {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (left_ != nullptr) {
      ++*left_;
    }
  }

 private:
  std::size_t* left_;
};

struct Counter {
  std::size_t event;
  std::string cpu;  // or the socket, of an uncore event
  std::string pmu;
  platform::Fd file;
  Place place;
  platform::PerfSum sum = {};
  double ratio = 1;
};

class PerfEvents final : public Collector {
 public:
  explicit PerfEvents(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        kernel_(environment.shared.get<platform::PerfKernel>()),
        per_cpu_(environment.options.flag("container.cpu.per-cpu")) {
    const std::string& path = environment.options.text("perf_events_config");
    if (path.empty()) {
      return;
    }
    read_config(path);
    inventory_.tree().use(Inventory::Controller::perf_event);
    platform::ReadBuffer buffer;
    if (!each_listed(first_line(environment.host.sys, "devices/system/cpu/online", buffer),
                     [&](std::uint32_t cpu) { cpus_.push_back(static_cast<int>(cpu)); })) {
      cpus_.clear();
    }
    open_uncore(environment.host.sys);
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    if (config_.core.empty() && uncore_.empty()) {
      return Outcome::ok;
    }
    for (const Container* const container : inventory_.usage()) {
      if (container->is_root()) {
        read(uncore_, config_.uncore, sink);
        for (const Counter& one : uncore_) {
          write_uncore(one, *container, sink);
        }
      }
      if (!config_.core.empty() && (container->is_root() || container->is_container())) {
        Group& group = groups_.of(container->cgroup->serial(), scrape.generation);
        if (!group.opened) {
          open(*container, group, sink);
        }
        read(group.counters, config_.core, sink);
        write(group.counters, *container, sink);
      }
    }
    groups_.forget_unseen(scrape.generation);
    return Outcome::ok;
  }

 private:
  struct Group {
    bool opened = false;
    std::vector<Counter> counters;
  };

  void read_config(const std::string& path) {
    if (path.starts_with('{')) {
      set_config(path, "");
      return;
    }
    const auto slash = path.rfind('/');
    const platform::Dir folder(slash == std::string::npos ? "." : path.substr(0, slash + 1));
    platform::ReadBuffer buffer;
    const int error =
        folder.valid() ? folder.read(path.c_str() + (slash == std::string::npos ? 0 : slash + 1), buffer) : ENOENT;
    if (error != 0) {
      throw OptionError("option perf_events_config: cannot read " + path + ": " +
                        std::strerror(error));  // NOLINT(concurrency-mt-unsafe): before any thread
    }
    set_config(buffer.text(), path + ": ");
  }

  void set_config(std::string_view text, const std::string& place) {
    config_ = platform::read_perf_config(text);
    if (!config_.error.empty()) {
      throw OptionError("option perf_events_config: " + place + config_.error);
    }
  }

  // A problem is counted once for each container, when its counters are opened.
  void open(const Container& container, Group& group, Sink& sink) {
    group.opened = true;
    platform::Fd folder;
    int error = inventory_.tree().open(*container.cgroup, Inventory::Controller::perf_event, folder);
    for (std::size_t event = 0; event < config_.core.size() && error == 0; ++event) {
      for (const int cpu : cpus_) {
        if (left_ == 0) {
          sink.problem(Problem::limit, "counters of events, one for each container, event and CPU");
          return;
        }
        platform::PerfEvent what = config_.core[event].event;
        what.cgroup = container.is_root() ? -1 : folder.get();
        platform::Fd file;
        error = kernel_.open(what, cpu, file);
        if (error == 0) {
          group.counters.push_back({event, std::to_string(cpu), {}, std::move(file), Place(left_)});
        }
      }
      if (error != 0) {
        const bool denied = error == EACCES || error == EPERM;
        sink.problem(denied ? Problem::denied : Problem::missing,
                     denied ? "events of containers: CAP_PERFMON is needed" : config_.core[event].name, error);
        error = denied ? error : 0;
      }
    }
  }

  void open_uncore(const platform::Dir& sys) {
    std::vector<std::string> names;
    sys.list("bus/event_source/devices", names);
    std::sort(names.begin(), names.end());
    platform::ReadBuffer buffer;
    for (std::size_t event = 0; event < config_.uncore.size(); ++event) {
      for (const auto& name : names) {
        const std::string place = "bus/event_source/devices/" + name;
        const auto type = platform::number<std::uint32_t>(first_line(sys, (place + "/type").c_str(), buffer));
        if (type != config_.uncore[event].event.type) {
          continue;
        }
        each_listed(first_line(sys, (place + "/cpumask").c_str(), buffer), [&](std::uint32_t cpu) {
          platform::Fd file;
          const std::string topology = "devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/physical_package_id";
          if (left_ != 0 && kernel_.open(config_.uncore[event].event, static_cast<int>(cpu), file) == 0) {
            uncore_.push_back({event, first_line(sys, topology.c_str(), buffer), name, std::move(file), Place(left_)});
          }
        });
      }
    }
  }

  void read(std::vector<Counter>& counters, const std::vector<platform::PerfConfig::Event>& names, Sink& sink) {
    for (Counter& one : counters) {
      platform::PerfCount count;
      if (const int error = kernel_.read(one.file, count)) {
        sink.problem(Problem::io, names[one.event].name, error);
        continue;
      }
      one.sum.add(count);
      one.ratio = count.enabled != 0 ? static_cast<double>(count.running) / static_cast<double>(count.enabled) : 1;
    }
  }

  void write(const std::vector<Counter>& counters, const Container& container, Sink& sink) const {
    for (std::size_t event = 0; event < config_.core.size(); ++event) {
      std::uint64_t total = 0;
      double least = 1;
      bool any = false;
      for (const Counter& one : counters) {
        if (one.event != event) {
          continue;
        }
        if (per_cpu_) {
          sink.add(kMetrics[0], one.sum.total(), container.labels, {one.cpu, config_.core[event].name});
          sink.add(kMetrics[1], one.ratio, container.labels, {one.cpu, config_.core[event].name});
        }
        total += one.sum.total();
        least = one.sum.ran() ? std::min(least, one.ratio) : least;  // a CPU that the group never ran on
        any = true;
      }
      if (any && !per_cpu_) {
        sink.add(kMetrics[0], total, container.labels, {"", config_.core[event].name});
        sink.add(kMetrics[1], least, container.labels, {"", config_.core[event].name});
      }
    }
  }

  void write_uncore(const Counter& one, const Container& root, Sink& sink) const {
    const std::string& name = config_.uncore[one.event].name;
    sink.add(kMetrics[2], one.sum.total(), root.labels, {one.cpu, name, one.pmu});
    sink.add(kMetrics[3], one.ratio, root.labels, {one.cpu, name, one.pmu});
  }

  Inventory& inventory_;
  platform::PerfKernel& kernel_;
  bool per_cpu_;
  platform::PerfConfig config_;
  std::vector<int> cpus_;
  std::size_t left_ = kMostCounters;  // before what gives back to it
  std::vector<Counter> uncore_;
  PerContainer<Group> groups_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<PerfEvents>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.perf_event",
    .summary = "events counted by CPUs and kernel per container; with --perf_events_config",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .rights = {.capabilities = "CAP_PERFMON", .with = "perf_events_config"},
};

}  // namespace exporter::container::perf_event
