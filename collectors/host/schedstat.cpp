// /proc/schedstat: a line per CPU (Documentation/scheduler/sched-stats.rst). The last three values are the nanoseconds
// in which tasks ran, the nanoseconds in which tasks waited to run, and the time slices:
//   cpu0 498494191 0 3533438552 2553969831 3853684107 2465731542 2045936778163039 343796328169361 4767485306
#include <array>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::schedstat {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_schedstat_running_seconds_total", "Time in which tasks ran on the CPU.", {"cpu"}},
    {MetricType::counter, "node_schedstat_waiting_seconds_total", "Time in which tasks waited for the CPU.", {"cpu"}},
    {MetricType::counter, "node_schedstat_timeslices_total", "Time slices given to tasks by the CPU.", {"cpu"}},
};

constexpr std::size_t kSkipped = 6;  // values in front of those above
constexpr double kNanosecondsPerSecond = 1e9;

class Schedstat final : public Collector {
 public:
  explicit Schedstat(const Environment& environment) : file_(environment.host.proc, "schedstat") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    for (std::string_view rest = scrape.buffer.text(); !rest.empty();) {
      const auto line = platform::take(rest, '\n');
      if (line.starts_with("cpu")) {
        write(line.substr(3), sink);
      }
    }
    return Outcome::ok;
  }

 private:
  void write(std::string_view line, Sink& sink) const {
    const auto cpu = platform::word(line);
    for (std::size_t i = 0; i < kSkipped; ++i) {
      platform::word(line);
    }
    std::array<std::uint64_t, std::size(kMetrics)> values{};
    for (auto& value : values) {
      const auto number = platform::number<std::uint64_t>(platform::word(line));
      if (!number) {
        sink.problem(Problem::parse, file_.name());
        return;
      }
      value = *number;
    }
    sink.add(kMetrics[0], static_cast<double>(values[0]) / kNanosecondsPerSecond, {cpu});
    sink.add(kMetrics[1], static_cast<double>(values[1]) / kNanosecondsPerSecond, {cpu});
    sink.add(kMetrics[2], values[2], {cpu});
  }

  platform::KeptFile file_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Schedstat>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "schedstat",
    .summary = "running and waiting time per CPU from /proc/schedstat",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::schedstat
