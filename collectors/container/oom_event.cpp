// Processes that the out-of-memory killer ended, as the kernel counts them itself.
//
// Version 2, memory.events: "low 0\nhigh 0\nmax 4\noom 1\noom_kill 1", with the groups below (cgroup-v2.rst). Version
// 1, memory.oom_control: "oom_kill_disable 0\nunder_oom 0\noom_kill 1", of the group itself. The memory collector reads
// the same text, so that it is read once.
#include "collectors/container/inventory.h"

namespace exporter::container::oom_event {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "container_oom_events_total", "Processes that the out-of-memory killer ended."},
};

class OomEvent final : public Collector {
 public:
  explicit OomEvent(const Environment& environment) : inventory_(environment.shared.get<Inventory>(environment)) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    for (Container* const container : inventory_.usage()) {
      if (const auto kills = inventory_.memory_events(*container, scrape, sink).oom_kill) {
        sink.add(kMetrics[0], *kills, container->labels);
      }
    }
    return Outcome::ok;
  }

 private:
  Inventory& inventory_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<OomEvent>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.oom_event",
    .summary = "out-of-memory kills per control group",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::oom_event
