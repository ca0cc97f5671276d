// The limits set on a control group.
//
// Version 2: cpu.max "50000 100000", cpu.weight "100", memory.max "67108864" or "max", memory.swap.max, memory.low.
// Version 1: cpu.cfs_quota_us, cpu.cfs_period_us, cpu.shares, memory.limit_in_bytes, memory.memsw.limit_in_bytes,
// memory.soft_limit_in_bytes; no limit reads as a number close to 2^63 (cgroups(7)).
//
// No limit is shown as 0, as the field expects. The swap limit is the kernel's own number: with memory on version 1,
// swap alone on version 2. The reservation on version 2 is memory.low, where runtimes write it (cAdvisor reads
// memory.min).
#include "collectors/container/inventory.h"
#include "platform/host.h"

namespace exporter::container::spec_limits {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "container_spec_cpu_period", "Length of an enforcement period in microseconds."},
    {MetricType::gauge, "container_spec_cpu_quota", "CPU time allowed in a period in microseconds."},
    {MetricType::gauge, "container_spec_cpu_shares", "Relative weight, on the scale where 1024 is the default."},
    {MetricType::gauge, "container_spec_memory_limit_bytes", "Memory limit; 0 for none. Root: memory of the machine."},
    {MetricType::gauge, "container_spec_memory_swap_limit_bytes", "Swap limit; 0 for none. Root: swap of the machine."},
    {MetricType::gauge, "container_spec_memory_reservation_limit_bytes", "Memory protected from reclaim; 0 for none."},
};
constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 62;

class Spec final : public Collector {
 public:
  explicit Spec(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)), meminfo_(environment.host.proc, "meminfo") {
    using Controller = Inventory::Controller;
    auto& tree = inventory_.tree();
    weight_v2_ = tree.v2(Controller::cpu);
    const bool memory_v2 = tree.v2(Controller::memory);
    shares_ = tree.file(Controller::cpu, weight_v2_ ? "cpu.weight" : "cpu.shares");
    limits_[0] = tree.file(Controller::memory, memory_v2 ? "memory.max" : "memory.limit_in_bytes");
    limits_[1] = tree.file(Controller::memory, memory_v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
    limits_[2] = tree.file(Controller::memory, memory_v2 ? "memory.low" : "memory.soft_limit_in_bytes");
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    for (Container* const container : inventory_.shown()) {
      cpu(*container, scrape, sink);
      for (std::size_t i = 0; i < std::size(limits_); ++i) {
        // The root has no limits of its own: the machine's memory and swap stand for the first two.
        if (!container->is_root() || i == 2) {
          limit(*container, i, scrape, sink);
        }
      }
      if (container->is_root()) {
        machine(*container, scrape, sink);
      }
    }
    return Outcome::ok;
  }

 private:
  void cpu(Container& container, const Scrape& scrape, Sink& sink) {
    const auto& [period, quota, shares_metric, memory, swap, reservation] = kMetrics;
    const CpuLimit& limit = inventory_.cpu_limit(container, scrape, sink);
    if (limit.period) {
      sink.add(period, *limit.period, container.labels);
    }
    if (limit.quota) {
      sink.add(quota, *limit.quota, container.labels);
    }
    if (const auto value = inventory_.read_number(container, shares_, scrape, sink)) {
      if (!weight_v2_) {
        sink.add(shares_metric, *value, container.labels);
      } else if (*value >= 1 && *value <= 10000) {
        // Kubernetes' linear map, which the field's dashboards were made with.
        sink.add(shares_metric, 2 + (*value - 1) * 262142 / 9999, container.labels);
      } else if (*value != 0) {  // 0: an idle group
        sink.problem(Problem::parse, container.cgroup->path());
      }
    }
  }

  void limit(Container& container, std::size_t index, const Scrape& scrape, Sink& sink) {
    if (!inventory_.read(container, limits_[index], scrape, sink)) {
      return;
    }
    const auto text = platform::trim(scrape.buffer.text());
    const auto value = platform::number<std::uint64_t>(text);
    if (!value && text != "max") {
      sink.problem(Problem::parse, container.cgroup->path());
      return;
    }
    const bool unlimited = !value || *value > kUnlimited;
    sink.add(kMetrics[3 + index], unlimited ? std::uint64_t{0} : *value, container.labels);
  }

  void machine(const Container& root, const Scrape& scrape, Sink& sink) {
    if (const int error = meminfo_.read(scrape.buffer)) {
      sink.problem(Problem::io, meminfo_.name(), error);
      return;
    }
    for (std::string_view text = scrape.buffer.text(); !text.empty();) {
      std::string_view line = platform::take(text, '\n');
      const auto key = platform::word(line);
      if (key != "MemTotal:" && key != "SwapTotal:") {
        continue;
      }
      const auto value = platform::number<std::uint64_t>(platform::word(line));
      if (value && *value <= kUnlimited / 1024) {
        sink.add(kMetrics[key == "MemTotal:" ? 3 : 4], *value * 1024, root.labels);
      } else {
        sink.problem(Problem::parse, meminfo_.name());
      }
    }
  }

  Inventory& inventory_;
  platform::KeptFile meminfo_;
  bool weight_v2_ = false;
  Inventory::FileId shares_ = 0;
  Inventory::FileId limits_[3] = {};
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Spec>(environment); }

}  // namespace
}  // namespace exporter::container::spec_limits

namespace exporter::container::spec {

extern constinit const CollectorSpec spec{
    .name = "container.spec",
    .summary = "CPU and memory limits per control group",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = spec_limits::kMetrics,
    .options = {},
    .make = spec_limits::make,
};

}  // namespace exporter::container::spec
