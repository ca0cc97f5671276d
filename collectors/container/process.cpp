// Processes and threads of a control group itself, without the groups below it.
//
// cgroup.procs: one process id a line, without order; pids.current: "7"; pids.max: "4096" or "max" (cgroups(7)).
#include <algorithm>

#include "collectors/container/inventory.h"

namespace exporter::container::process {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_processes", "Processes directly in the control group."},
    {MetricType::gauge, "container_threads", "Tasks in the control group and below, as counted against the limit."},
    {MetricType::gauge, "container_threads_max", "Limit of tasks; 0 for no limit."},
};

class Process final : public Collector {
 public:
  explicit Process(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        processes_(inventory_.tree().file(Inventory::Controller::pids, "cgroup.procs", Inventory::Reading::whole)),
        current_(inventory_.tree().file(Inventory::Controller::pids, "pids.current")),
        max_(inventory_.tree().file(Inventory::Controller::pids, "pids.max")) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    const auto& [processes, threads, threads_max] = kMetrics;
    for (Container* const container : inventory_.usage()) {
      if (inventory_.read(*container, processes_, scrape, sink)) {
        const auto text = scrape.buffer.text();
        sink.add(processes, std::count(text.begin(), text.end(), '\n'), container->labels);
      }
      if (const auto count = inventory_.read_number(*container, current_, scrape, sink)) {
        sink.add(threads, *count, container->labels);
      }
      if (inventory_.read(*container, max_, scrape, sink)) {
        const auto text = platform::trim(scrape.buffer.text());
        const auto limit = platform::number<std::uint64_t>(text);
        if (limit || text == "max") {
          sink.add(threads_max, limit.value_or(0), container->labels);
        } else {
          sink.problem(Problem::parse, container->cgroup->path());
        }
      }
    }
    return Outcome::ok;
  }

 private:
  Inventory& inventory_;
  Inventory::FileId processes_;
  Inventory::FileId current_;
  Inventory::FileId max_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Process>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.process",
    .summary = "processes and threads per control group",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::process
