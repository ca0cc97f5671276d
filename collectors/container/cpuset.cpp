// Where the tasks of a control group may run and have memory.
//
// Version 1: cpuset.memory_migrate "0", cpuset.effective_cpus, cpuset.effective_mems; version 2: cpuset.cpus.effective
// "0-3,8", cpuset.mems.effective "0" (cpuset(7)). Version 2 always migrates memory, and has no switch for it to show.
#include <array>

#include "collectors/container/cpu_list.h"
#include "collectors/container/inventory.h"

namespace exporter::container::cpuset {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_memory_migrate", "1 when memory follows tasks to other memory nodes."},
    {MetricType::gauge, "container_cpuset_cpus", "CPUs that the group may run on."},
    {MetricType::gauge, "container_cpuset_memory_nodes", "Memory nodes that the group may use."},
};

class Cpuset final : public Collector {
 public:
  explicit Cpuset(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        v2_(inventory_.tree().v2(Inventory::Controller::cpuset)) {
    const auto file = [&](const char* name) { return inventory_.tree().file(Inventory::Controller::cpuset, name); };
    migrate_ = v2_ ? 0 : file("cpuset.memory_migrate");
    lists_ = {file(v2_ ? "cpuset.cpus.effective" : "cpuset.effective_cpus"),
              file(v2_ ? "cpuset.mems.effective" : "cpuset.effective_mems")};
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    for (Container* const container : inventory_.usage()) {
      if (!v2_) {
        if (const auto value = inventory_.read_number(*container, migrate_, scrape, sink)) {
          sink.add(kMetrics[0], *value, container->labels);
        }
      }
      for (std::size_t i = 0; i < lists_.size(); ++i) {
        if (!inventory_.read(*container, lists_[i], scrape, sink)) {
          continue;
        }
        if (const auto count = listed(platform::trim(scrape.buffer.text()))) {
          sink.add(kMetrics[1 + i], *count, container->labels);
        } else {
          sink.problem(Problem::parse, container->cgroup->path());
        }
      }
    }
    return Outcome::ok;
  }

 private:
  Inventory& inventory_;
  bool v2_;
  Inventory::FileId migrate_ = 0;
  std::array<Inventory::FileId, 2> lists_{};
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Cpuset>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.cpuset",
    .summary = "CPUs and memory nodes that control groups may use",
    .module = Module::container,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::cpuset
