// /proc/zoneinfo: a section for each memory zone; the first zone of a node holds what the node counts
// (proc_zoneinfo(5)):
//   Node 0, zone      DMA
//     per-node stats
//         nr_inactive_anon 95612
//     pages free     2949
//           min      8
//           protection: (0, 2039, 31932)
//         nr_free_pages 2949
//     pagesets
//       cpu: 0
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::zoneinfo {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_zoneinfo_nr_free_pages", "Free pages.", {"node", "zone"}},
    {MetricType::gauge,
     "node_zoneinfo_min_pages",
     "Below so many free pages only the kernel itself is served.",
     {"node", "zone"}},
    {MetricType::gauge,
     "node_zoneinfo_low_pages",
     "Below so many free pages the kernel begins to reclaim.",
     {"node", "zone"}},
    {MetricType::gauge,
     "node_zoneinfo_high_pages",
     "At so many free pages the kernel stops reclaiming.",
     {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_scanned_pages", "Pages scanned since the last reclaim.", {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_spanned_pages", "Pages that the zone spans, holes included.", {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_present_pages", "Pages that exist in the zone.", {"node", "zone"}},
    {MetricType::gauge,
     "node_zoneinfo_managed_pages",
     "Pages of the zone that the page allocator manages.",
     {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_active_anon_pages", "Anonymous pages used lately.", {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_inactive_anon_pages", "Anonymous pages not used lately.", {"node", "zone"}},
    {MetricType::gauge,
     "node_zoneinfo_nr_isolated_anon_pages",
     "Anonymous pages taken off their lists for a moment.",
     {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_anon_pages", "Anonymous pages that are mapped.", {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_anon_transparent_hugepages", "Anonymous huge pages.", {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_active_file_pages", "File pages used lately.", {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_inactive_file_pages", "File pages not used lately.", {"node", "zone"}},
    {MetricType::gauge,
     "node_zoneinfo_nr_isolated_file_pages",
     "File pages taken off their lists for a moment.",
     {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_file_pages", "Pages of the page cache.", {"node", "zone"}},
    {MetricType::gauge,
     "node_zoneinfo_nr_slab_reclaimable_pages",
     "Slab pages that can be reclaimed.",
     {"node", "zone"}},
    {MetricType::gauge,
     "node_zoneinfo_nr_slab_unreclaimable_pages",
     "Slab pages that cannot be reclaimed.",
     {"node", "zone"}},
    {MetricType::gauge,
     "node_zoneinfo_nr_mlock_stack_pages",
     "Pages locked in memory, stacks among them.",
     {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_kernel_stacks", "Kernel stacks.", {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_mapped_pages", "File pages mapped into processes.", {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_dirty_pages", "Pages that wait to be written.", {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_writeback_pages", "Pages being written.", {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_unevictable_pages", "Pages that cannot be reclaimed.", {"node", "zone"}},
    {MetricType::gauge, "node_zoneinfo_nr_shmem_pages", "Pages of shared memory and tmpfs.", {"node", "zone"}},
    {MetricType::counter, "node_zoneinfo_nr_dirtied_total", "Pages that became dirty since boot.", {"node", "zone"}},
    {MetricType::counter, "node_zoneinfo_nr_written_total", "Pages written since boot.", {"node", "zone"}},
    {MetricType::counter,
     "node_zoneinfo_numa_hit_total",
     "Pages allocated on the node that was wanted.",
     {"node", "zone"}},
    {MetricType::counter,
     "node_zoneinfo_numa_miss_total",
     "Pages allocated here although another node was wanted.",
     {"node", "zone"}},
    {MetricType::counter,
     "node_zoneinfo_numa_foreign_total",
     "Pages wanted here and allocated on another node.",
     {"node", "zone"}},
    {MetricType::counter,
     "node_zoneinfo_numa_interleave_total",
     "Interleaved pages allocated on the wanted node.",
     {"node", "zone"}},
    {MetricType::counter, "node_zoneinfo_numa_local_total", "Pages allocated by a CPU of this node.", {"node", "zone"}},
    {MetricType::counter,
     "node_zoneinfo_numa_other_total",
     "Pages allocated by a CPU of another node.",
     {"node", "zone"}},
};

// The first word of the line that holds each metric.
constexpr std::array<std::string_view, std::size(kMetrics)> kKeys{"nr_free_pages",
                                                                  "min",
                                                                  "low",
                                                                  "high",
                                                                  "scanned",
                                                                  "spanned",
                                                                  "present",
                                                                  "managed",
                                                                  "nr_active_anon",
                                                                  "nr_inactive_anon",
                                                                  "nr_isolated_anon",
                                                                  "nr_anon_pages",
                                                                  "nr_anon_transparent_hugepages",
                                                                  "nr_active_file",
                                                                  "nr_inactive_file",
                                                                  "nr_isolated_file",
                                                                  "nr_file_pages",
                                                                  "nr_slab_reclaimable",
                                                                  "nr_slab_unreclaimable",
                                                                  "nr_mlock_stack",
                                                                  "nr_kernel_stack",
                                                                  "nr_mapped",
                                                                  "nr_dirty",
                                                                  "nr_writeback",
                                                                  "nr_unevictable",
                                                                  "nr_shmem",
                                                                  "nr_dirtied",
                                                                  "nr_written",
                                                                  "numa_hit",
                                                                  "numa_miss",
                                                                  "numa_foreign",
                                                                  "numa_interleave",
                                                                  "numa_local",
                                                                  "numa_other"};

// The places in kKeys by the order of the keys, for a search by halves: the file has hundreds of lines.
constexpr auto kSorted = [] {
  std::array<std::uint8_t, kKeys.size()> order{};
  for (std::size_t i = 0; i < order.size(); ++i) {
    order.at(i) = static_cast<std::uint8_t>(i);
  }
  std::sort(order.begin(), order.end(), [](std::uint8_t a, std::uint8_t b) { return kKeys.at(a) < kKeys.at(b); });
  return order;
}();

const MetricDesc* find_metric(std::string_view key) {
  const auto* const found = std::lower_bound(kSorted.begin(), kSorted.end(), key,
                                             [](std::uint8_t a, std::string_view b) { return kKeys.at(a) < b; });
  return found != kSorted.end() && kKeys.at(*found) == key ? &kMetrics[*found] : nullptr;
}

class Zoneinfo final : public Collector {
 public:
  explicit Zoneinfo(const Environment& environment) : file_(environment.host.proc, "zoneinfo") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    if (sink_ != &sink) {  // the families belong to the sink
      protection_.clear();
      sink_ = &sink;
    }
    std::string_view text = scrape.buffer.text();
    const LabelBlock* zone = nullptr;
    zones_.start();
    while (!text.empty()) {
      std::string_view line = platform::take(text, '\n');
      if (line.starts_with("Node ")) {
        zone = zone_of(sink, line);
        continue;
      }
      const auto key = platform::word(line);
      if (key == "pagesets") {  // four lines for each CPU, and nothing wanted behind them
        text.remove_prefix(std::min(text.find("\nNode "), text.size() - 1) + 1);
      } else if (zone != nullptr && key == "protection:") {
        add_protection(sink, *zone, line);
      } else if (zone != nullptr) {
        add(sink, *zone, key, line);
      }
    }
    zones_.finish();
    return Outcome::ok;
  }

 private:
  // Null when the line names no zone.
  const LabelBlock* zone_of(Sink& sink, std::string_view line) {
    std::string_view rest = line;
    platform::word(rest);  // "Node"
    auto node = platform::word(rest);
    const auto word = platform::word(rest);
    const auto zone = platform::word(rest);
    if (!node.ends_with(',') || word != "zone" || zone.empty()) {
      sink.problem(Problem::parse, file_.name());
      return nullptr;
    }
    node.remove_suffix(1);
    return &zones_.at(line, [&] { return LabelBlock(kMetrics[0], {node, zone}); });
  }

  void add(Sink& sink, const LabelBlock& zone, std::string_view key, std::string_view rest) const {
    const MetricDesc* const metric = find_metric(key);
    if (metric == nullptr) {
      return;
    }
    if (const auto value = platform::number<std::uint64_t>(platform::word(rest))) {
      sink.add(*metric, *value, zone);
    } else {
      sink.problem(Problem::parse, metric->name);
    }
  }

  // "(0, 2039, 31932)": pages kept free in this zone from requests for a higher one, by that zone's number.
  void add_protection(Sink& sink, const LabelBlock& zone, std::string_view list) {
    list = platform::trim(list);
    if (!list.starts_with('(') || !list.ends_with(')')) {
      sink.problem(Problem::parse, "protection");
      return;
    }
    list = list.substr(1, list.size() - 2);
    for (std::size_t i = 0; !list.empty(); ++i) {
      const auto pages = platform::number<std::uint64_t>(platform::trim(platform::take(list, ',')));
      if (!pages) {
        sink.problem(Problem::parse, "protection");
        return;
      }
      if (i == protection_.size()) {
        protection_.push_back(sink.dynamic(MetricType::gauge, "node_zoneinfo_protection_" + std::to_string(i),
                                           "Pages kept free from requests for zone " + std::to_string(i) + "."));
      }
      sink.add(protection_[i], *pages, zone);
    }
  }

  platform::KeptFile file_;
  platform::RowCache<LabelBlock> zones_;
  std::vector<FamilyId> protection_;
  const Sink* sink_ = nullptr;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Zoneinfo>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "zoneinfo",
    .summary = "memory zones from /proc/zoneinfo",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::zoneinfo
