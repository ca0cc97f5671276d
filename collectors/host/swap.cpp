// /proc/swaps, sizes in KiB (proc_swaps(5)):
//   Filename                                Type            Size            Used            Priority
//   /dev/dm-1                               partition       8388604         76              -2
#include <cstdint>
#include <string_view>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::swap {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_swap_size_bytes", "Size of the swap area.", {"device", "swap_type"}},
    {MetricType::gauge, "node_swap_used_bytes", "Swap space in use.", {"device", "swap_type"}},
    {MetricType::gauge,
     "node_swap_priority",
     "Priority of the swap area: the highest is used first.",
     {"device", "swap_type"}},
};
constexpr std::uint64_t kKibibyte = 1024;

class Swap final : public Collector {
 public:
  explicit Swap(const Environment& environment) : file_(environment.host.proc, "swaps") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    std::string_view text = scrape.buffer.text();
    platform::take(text, '\n');  // the heading
    areas_.start();
    while (!text.empty()) {
      add(sink, platform::take(text, '\n'));
    }
    areas_.finish();
    return Outcome::ok;
  }

 private:
  void add(Sink& sink, std::string_view line) {
    std::string_view rest = line;
    const auto device = platform::word(rest);
    const auto type = platform::word(rest);
    const auto key = line.substr(0, line.size() - rest.size());
    auto size = platform::number<std::uint64_t>(platform::word(rest));
    auto used = platform::number<std::uint64_t>(platform::word(rest));
    const auto priority = platform::number<std::int64_t>(platform::word(rest));
    if (!size || !used || !priority || __builtin_mul_overflow(*size, kKibibyte, &*size) ||
        __builtin_mul_overflow(*used, kKibibyte, &*used)) {
      sink.problem(Problem::parse, file_.name());
      return;
    }
    const LabelBlock& labels = areas_.at(key, [&] { return LabelBlock(kMetrics[0], {device, type}); });
    sink.add(kMetrics[0], *size, labels);
    sink.add(kMetrics[1], *used, labels);
    sink.add(kMetrics[2], *priority, labels);
  }

  platform::KeptFile file_;
  platform::RowCache<LabelBlock> areas_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Swap>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "swap",
    .summary = "swap areas from /proc/swaps",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::swap
