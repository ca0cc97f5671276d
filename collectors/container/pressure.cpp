// Pressure stall information per control group, always from the version 2 tree; on a hybrid machine it has these files
// although the controllers are elsewhere.
//
// cpu.pressure, memory.pressure, io.pressure (Documentation/accounting/psi.rst), total in microseconds:
// some avg10=18.69 avg60=4.20 avg300=1.02 total=2682729
// full avg10=0.00 avg60=0.00 avg300=0.00 total=11
#include "collectors/container/inventory.h"

namespace exporter::container::pressure {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "container_pressure_cpu_waiting_seconds_total", "Time some task waited for a CPU."},
    {MetricType::counter, "container_pressure_cpu_stalled_seconds_total", "Time all tasks waited for a CPU."},
    {MetricType::counter, "container_pressure_memory_waiting_seconds_total", "Time some task waited for memory."},
    {MetricType::counter, "container_pressure_memory_stalled_seconds_total", "Time all tasks waited for memory."},
    {MetricType::counter, "container_pressure_io_waiting_seconds_total", "Time some task waited for input or output."},
    {MetricType::counter, "container_pressure_io_stalled_seconds_total", "Time all tasks waited for input or output."},
};
constexpr const char* kFiles[] = {"cpu.pressure", "memory.pressure", "io.pressure"};

class Pressure final : public Collector {
 public:
  explicit Pressure(const Environment& environment) : inventory_(environment.shared.get<Inventory>(environment)) {
    for (std::size_t i = 0; i < std::size(kFiles); ++i) {
      files_[i] = inventory_.tree().file(Inventory::Controller::unified, kFiles[i]);
    }
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink) || !inventory_.tree().has(Inventory::Controller::unified)) {
      return Outcome::no_data;
    }
    for (Container* const container : inventory_.usage()) {
      for (std::size_t i = 0; i < std::size(kFiles); ++i) {
        if (inventory_.read(*container, files_[i], scrape, sink)) {
          totals(*container, i, scrape.buffer.text(), sink);
        }
      }
    }
    return Outcome::ok;
  }

 private:
  static void totals(const Container& container, std::size_t file, std::string_view text, Sink& sink) {
    constexpr std::string_view kTotal = "total=";
    while (!text.empty()) {
      std::string_view line = platform::take(text, '\n');
      const auto kind = platform::word(line);
      const auto at = line.rfind(kTotal);
      const auto total = at == std::string_view::npos
                             ? std::nullopt
                             : platform::number<std::uint64_t>(line.substr(at + kTotal.size()));
      if (!total || (kind != "some" && kind != "full")) {
        sink.problem(Problem::parse, container.cgroup->path());
      } else {
        sink.add(kMetrics[file * 2 + (kind == "full" ? 1 : 0)], static_cast<double>(*total) / 1e6, container.labels);
      }
    }
  }

  Inventory& inventory_;
  Inventory::FileId files_[std::size(kFiles)];
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Pressure>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.pressure",
    .summary = "pressure stall times per control group",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::container::pressure
