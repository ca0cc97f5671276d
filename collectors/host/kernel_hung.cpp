// /proc/sys/kernel/hung_task_detect_count: "3" (Documentation/admin-guide/sysctl/kernel.rst), since Linux 6.13
#include <cstdint>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::kernel_hung {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_kernel_hung_tasks_total", "Tasks that the kernel found hanging since boot."},
};

class KernelHung final : public Collector {
 public:
  explicit KernelHung(const Environment& environment)
      : file_(environment.host.proc, "sys/kernel/hung_task_detect_count") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read_once(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    if (const auto value = platform::number<std::uint64_t>(platform::trim(scrape.buffer.text()))) {
      sink.add(kMetrics[0], *value);
    } else {
      sink.problem(Problem::parse, file_.name());
    }
    return Outcome::ok;
  }

 private:
  platform::KeptFile file_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<KernelHung>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "kernel_hung",
    .summary = "hung tasks from /proc/sys/kernel/hung_task_detect_count",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::kernel_hung
