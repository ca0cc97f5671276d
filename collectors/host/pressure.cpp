// /proc/pressure/io: "some avg10=0.18 avg60=0.34 avg300=0.10 total=159886802", total in microseconds
// (Documentation/accounting/psi.rst)
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::pressure {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_pressure_cpu_waiting_seconds_total", "Time in which some task waited for a CPU."},
    {MetricType::counter, "node_pressure_io_waiting_seconds_total", "Time in which some task waited for I/O."},
    {MetricType::counter, "node_pressure_io_stalled_seconds_total", "Time in which all tasks waited for I/O."},
    {MetricType::counter, "node_pressure_memory_waiting_seconds_total", "Time in which some task waited for memory."},
    {MetricType::counter, "node_pressure_memory_stalled_seconds_total", "Time in which all tasks waited for memory."},
    {MetricType::counter, "node_pressure_irq_stalled_seconds_total",
     "Time in which interrupts kept all tasks from running."},
};

// Where each metric stands: its file and the first word of its line. The line "full" of cpu has no meaning for a whole
// machine.
struct Place {
  std::size_t file;
  std::string_view line;
};
constexpr std::array<std::string_view, 4> kFiles{"pressure/cpu", "pressure/io", "pressure/memory", "pressure/irq"};
constexpr std::array<Place, 6> kPlaces{{{0, "some"}, {1, "some"}, {1, "full"}, {2, "some"}, {2, "full"}, {3, "full"}}};
constexpr double kMicrosecondsPerSecond = 1e6;

std::optional<std::uint64_t> total(std::string_view text, std::string_view wanted) {
  while (!text.empty()) {
    std::string_view line = platform::take(text, '\n');
    if (platform::word(line) != wanted) {
      continue;
    }
    for (auto word = platform::word(line); !word.empty(); word = platform::word(line)) {
      if (word.starts_with("total=")) {
        return platform::number<std::uint64_t>(word.substr(6));
      }
    }
  }
  return std::nullopt;
}

class Pressure final : public Collector {
 public:
  explicit Pressure(const Environment& environment) {
    files_.reserve(kFiles.size());
    for (const auto name : kFiles) {
      files_.emplace_back(environment.host.proc, std::string(name));
    }
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    bool any = false;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const int error = files_[i].read_once(scrape.buffer);
      if (error == ENOENT || error == EOPNOTSUPP) {
        continue;  // not built in, switched off at boot, or older than the file (irq: Linux 6.1)
      }
      if (error != 0) {
        unreadable(sink, files_[i].name(), error);
        continue;
      }
      any = true;
      add(sink, i, scrape.buffer.text());
    }
    return any ? Outcome::ok : Outcome::no_data;
  }

 private:
  static void add(Sink& sink, std::size_t file, std::string_view text) {
    for (std::size_t i = 0; i < kPlaces.size(); ++i) {
      if (kPlaces[i].file != file) {
        continue;
      }
      if (const auto microseconds = total(text, kPlaces[i].line)) {
        sink.add(kMetrics[i], static_cast<double>(*microseconds) / kMicrosecondsPerSecond);
      } else {
        sink.problem(Problem::parse, kMetrics[i].name);
      }
    }
  }

  std::vector<platform::KeptFile> files_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Pressure>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "pressure",
    .summary = "time lost to lack of CPU, memory and I/O from /proc/pressure",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::pressure
