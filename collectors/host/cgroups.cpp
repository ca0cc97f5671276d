// /proc/cgroups: the controllers that the kernel was built with (cgroups(7)):
//   #subsys_name	hierarchy	num_cgroups	enabled
//   cpuset	5	47	1
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::cgroups {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_cgroups_cgroups", "Control groups in the controller's hierarchy.", {"subsys_name"}},
    {MetricType::gauge, "node_cgroups_enabled", "1 when the controller is enabled.", {"subsys_name"}},
};

class Cgroups final : public Collector {
 public:
  explicit Cgroups(const Environment& environment) : file_(environment.host.proc, "cgroups") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read_once(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    for (std::string_view rest = scrape.buffer.text(); !rest.empty();) {
      std::string_view line = platform::take(rest, '\n');
      if (line.starts_with('#')) {
        continue;
      }
      const auto name = platform::word(line);
      platform::word(line);  // hierarchy
      const auto count = platform::number<std::uint64_t>(platform::word(line));
      const auto enabled = platform::number<std::uint64_t>(platform::word(line));
      if (!count || !enabled) {
        sink.problem(Problem::parse, file_.name());
        continue;
      }
      sink.add(kMetrics[0], *count, {name});
      sink.add(kMetrics[1], *enabled, {name});
    }
    return Outcome::ok;
  }

 private:
  platform::KeptFile file_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Cgroups>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "cgroups",
    .summary = "controllers of control groups from /proc/cgroups",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::cgroups
