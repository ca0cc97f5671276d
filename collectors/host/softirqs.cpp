// /proc/softirqs: a row for each kind of soft interrupt, a column for each possible CPU (kernel/softirq.c, fs/proc):
//                     CPU0       CPU1
//       TIMER:      424191     108342
#include <cstdint>
#include <string_view>

#include "collectors/host/cpu_columns.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::softirqs {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "node_softirqs_functions_total",
     "Soft interrupts that the CPU served since boot.",
     {"cpu"}},  // and type, which a row keeps
};

class Softirqs final : public Collector {
 public:
  explicit Softirqs(const Environment& environment) : file_(environment.host.proc, "softirqs") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    std::string_view text = scrape.buffer.text();
    if (!cpus_.read(platform::take(text, '\n'))) {
      sink.problem(Problem::parse, file_.name());
      return Outcome::failed;
    }
    rows_.start();
    while (!text.empty()) {
      std::string_view line = platform::take(text, '\n');
      const auto type = platform::trim(platform::take(line, ':'));
      if (!type.empty()) {
        add(sink, type, line);
      }
    }
    rows_.finish();
    return Outcome::ok;
  }

 private:
  void add(Sink& sink, std::string_view type, std::string_view counts) {
    const LabelBlock& labels = rows_.at(type, [&] {
      LabelBlock block;
      block.append("type", type);
      return block;
    });
    for (const auto& cpu : cpus_.numbers()) {
      const auto count = platform::number<std::uint64_t>(platform::word(counts));
      if (!count) {
        sink.problem(Problem::parse, file_.name());
        return;
      }
      sink.add(kMetrics[0], *count, labels, {cpu});
    }
  }

  platform::KeptFile file_;
  CpuColumns cpus_;
  platform::RowCache<LabelBlock> rows_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Softirqs>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "softirqs",
    .summary = "soft interrupts by CPU from /proc/softirqs",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::softirqs
