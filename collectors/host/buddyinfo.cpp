// /proc/buddyinfo: free blocks of 2^0, 2^1, ... pages in each zone of memory (proc_buddyinfo(5)):
//   Node 0, zone      DMA      1      0      1      0      2      1      1      0      1      1      3
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::buddyinfo {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_buddyinfo_blocks",
     "Free blocks of memory; a block of size n has 2^n pages.",
     {"node", "zone", "size"}},
};

class Buddyinfo final : public Collector {
 public:
  explicit Buddyinfo(const Environment& environment) : file_(environment.host.proc, "buddyinfo") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    zones_.start();
    for (std::string_view rest = scrape.buffer.text(); !rest.empty();) {
      write(platform::take(rest, '\n'), sink);
    }
    zones_.finish();
    return Outcome::ok;
  }

 private:
  void write(std::string_view line, Sink& sink) {
    std::string_view rest = line;
    const bool begins = platform::word(rest) == "Node";
    const auto node = platform::word(rest);
    const bool goes_on = platform::word(rest) == "zone";
    const auto zone = platform::word(rest);
    if (!begins || !node.ends_with(',') || !goes_on || zone.empty()) {
      sink.problem(Problem::parse, file_.name());
      return;
    }
    auto& sizes = zones_.at(line.substr(0, line.size() - rest.size()), [] { return std::vector<LabelBlock>(); });
    for (std::size_t size = 0;; ++size) {
      const auto word = platform::word(rest);
      if (word.empty()) {
        return;
      }
      if (size == sizes.size()) {
        sizes.emplace_back(kMetrics[0], std::initializer_list<std::string_view>{node.substr(0, node.size() - 1), zone,
                                                                                std::to_string(size)});
      }
      if (const auto blocks = platform::number<std::uint64_t>(word)) {
        sink.add(kMetrics[0], *blocks, sizes[size]);
      } else {
        sink.problem(Problem::parse, file_.name());
      }
    }
  }

  platform::KeptFile file_;
  platform::RowCache<std::vector<LabelBlock>> zones_;  // labels by size; the key is the line's beginning
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Buddyinfo>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "buddyinfo",
    .summary = "free memory blocks by size from /proc/buddyinfo",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::buddyinfo
