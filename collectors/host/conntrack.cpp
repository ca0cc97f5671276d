// Connection tracking. /proc/sys/net/netfilter/nf_conntrack_count and nf_conntrack_max hold a number each;
// /proc/net/stat/nf_conntrack a line of names, then a line per CPU, hexadecimal (nf_conntrack_standalone.c,
// ct_cpu_seq_show):
//   entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error ...
//   00000021  00000000 00000000 00000000 00000003 0000588a 00000000 00000000 00000000 00000000 00000000 00000000 ...
#include <array>
#include <cerrno>
#include <optional>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::conntrack {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_nf_conntrack_entries", "Connections that are tracked."},
    {MetricType::gauge, "node_nf_conntrack_entries_limit", "Connections that can be tracked at most."},
    {MetricType::gauge, "node_nf_conntrack_stat_found", "Look-ups that found an entry, since boot."},
    {MetricType::gauge, "node_nf_conntrack_stat_invalid", "Packets that could not be tracked, since boot."},
    {MetricType::gauge, "node_nf_conntrack_stat_ignore", "Packets already attached to an entry, since boot."},
    {MetricType::gauge, "node_nf_conntrack_stat_insert", "Entries put into the table, since boot."},
    {MetricType::gauge, "node_nf_conntrack_stat_insert_failed",
     "Entries that could not be put into the table, since boot."},
    {MetricType::gauge, "node_nf_conntrack_stat_drop", "Packets dropped because tracking failed, since boot."},
    {MetricType::gauge, "node_nf_conntrack_stat_early_drop",
     "Entries dropped to make room in a full table, since boot."},
    {MetricType::gauge, "node_nf_conntrack_stat_search_restart",
     "Look-ups begun anew as the table was resized, since boot."},
};

// The names of the columns shown, in the order of the metrics behind the first two.
constexpr std::size_t kFirst = 2;
constexpr std::array<std::string_view, std::size(kMetrics) - kFirst> kColumns{
    "found", "invalid", "ignore", "insert", "insert_failed", "drop", "early_drop", "search_restart"};

class Conntrack final : public Collector {
 public:
  explicit Conntrack(const Environment& environment)
      : count_(environment.host.proc, "sys/net/netfilter/nf_conntrack_count"),
        limit_(environment.host.proc, "sys/net/netfilter/nf_conntrack_max"),
        statistics_(environment.host.proc, "net/stat/nf_conntrack") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = write_number(count_, kMetrics[0], scrape, sink)) {
      return unreadable(sink, count_.name(), error);
    }
    if (const int error = write_number(limit_, kMetrics[1], scrape, sink)) {
      unreadable(sink, limit_.name(), error);
    }
    const int error = statistics_.read(scrape.buffer);
    if (error == 0) {
      write_sums(scrape.buffer.text(), sink);
    } else {  // not there when the kernel was built without NF_CONNTRACK_PROCFS
      unreadable(sink, statistics_.name(), error);
    }
    return Outcome::ok;
  }

 private:
  struct Sum {
    std::uint64_t value = 0;
    bool whole = false;  // the column exists, and every CPU's value could be read
  };

  static int write_number(platform::KeptFile& file, const MetricDesc& metric, const Scrape& scrape, Sink& sink) {
    if (const int error = file.read_once(scrape.buffer)) {
      return error;
    }
    if (const auto value = platform::number<std::uint64_t>(platform::trim(scrape.buffer.text()))) {
      sink.add(metric, *value);
    } else {
      sink.problem(Problem::parse, metric.name);
    }
    return 0;
  }

  void write_sums(std::string_view rest, Sink& sink) const {
    // Which metric each column belongs to; kColumns.size() for those not shown.
    std::array<std::size_t, kMostColumns> shown{};
    std::array<Sum, kColumns.size()> sums{};
    std::size_t columns = 0;
    std::string_view names = platform::take(rest, '\n');
    for (auto name = platform::word(names); !name.empty() && columns < kMostColumns; name = platform::word(names)) {
      std::size_t metric = 0;
      while (metric < kColumns.size() && kColumns[metric] != name) {
        ++metric;
      }
      shown[columns++] = metric;
      if (metric < kColumns.size()) {
        sums[metric].whole = !rest.empty();
      }
    }
    while (!rest.empty()) {
      std::string_view line = platform::take(rest, '\n');
      for (std::size_t i = 0; i < columns; ++i) {
        const auto word = platform::word(line);
        if (shown[i] == kColumns.size()) {
          continue;
        }
        const auto value = platform::hex_number<std::uint32_t>(word);
        sums[shown[i]].value += value.value_or(0);
        sums[shown[i]].whole = sums[shown[i]].whole && value.has_value();
      }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
      if (sums[i].whole) {
        sink.add(kMetrics[kFirst + i], sums[i].value);
      } else {
        sink.problem(Problem::parse, kMetrics[kFirst + i].name);
      }
    }
  }

  static constexpr std::size_t kMostColumns = 32;  // kernels have 17

  platform::KeptFile count_;
  platform::KeptFile limit_;
  platform::KeptFile statistics_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Conntrack>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "conntrack",
    .summary = "tracked connections from /proc/sys/net/netfilter and /proc/net/stat/nf_conntrack",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::conntrack
