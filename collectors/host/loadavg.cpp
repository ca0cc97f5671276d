// /proc/loadavg: "0.21 0.37 0.39 1/719 19737" (proc_loadavg(5))
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::loadavg {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_load1", "Load average of the last minute."},
    {MetricType::gauge, "node_load5", "Load average of the last five minutes."},
    {MetricType::gauge, "node_load15", "Load average of the last fifteen minutes."},
};

class Loadavg final : public Collector {
 public:
  explicit Loadavg(const Environment& environment) : file_(environment.host.proc, "loadavg") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read_once(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    std::string_view rest = scrape.buffer.text();
    for (const MetricDesc& metric : kMetrics) {
      if (const auto value = platform::number<double>(platform::word(rest))) {
        sink.add(metric, *value);
      } else {
        sink.problem(Problem::parse, metric.name);
      }
    }
    return Outcome::ok;
  }

 private:
  platform::KeptFile file_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Loadavg>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "loadavg",
    .summary = "load averages from /proc/loadavg",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::loadavg
