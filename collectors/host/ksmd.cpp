// /sys/kernel/mm/ksm: what the kernel's merging of equal pages does, one number a file
// (Documentation/admin-guide/mm/ksm.rst): pages_sharing 255, general_profit -1024
#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::ksmd {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_ksmd_full_scans_total", "Times that all mergeable areas were scanned."},
    {MetricType::gauge, "node_ksmd_general_profit_bytes", "Memory saved less what the bookkeeping takes."},
    {MetricType::gauge, "node_ksmd_merge_across_nodes", "1 when pages of different NUMA nodes may be merged."},
    {MetricType::gauge, "node_ksmd_pages_shared", "Shared pages in use."},
    {MetricType::gauge, "node_ksmd_pages_sharing", "Uses of the shared pages: how many pages are saved."},
    {MetricType::gauge, "node_ksmd_pages_to_scan", "Pages to scan before the scanner sleeps."},
    {MetricType::gauge, "node_ksmd_pages_unshared", "Pages that are checked again and again and equal no other."},
    {MetricType::gauge, "node_ksmd_pages_volatile", "Pages that change too fast to be merged."},
    {MetricType::gauge, "node_ksmd_run", "1 when the scanner runs, 0 when it stands, 2 when all was taken apart."},
    {MetricType::gauge, "node_ksmd_sleep_seconds", "How long the scanner sleeps between two rounds."},
};

// The file of each metric.
constexpr std::array<std::string_view, std::size(kMetrics)> kFiles{
    "full_scans",    "general_profit", "merge_across_nodes", "pages_shared", "pages_sharing",
    "pages_to_scan", "pages_unshared", "pages_volatile",     "run",          "sleep_millisecs"};
constexpr std::size_t kSleep = 9;  // in milliseconds
constexpr double kMillisecondsPerSecond = 1000;

class Ksmd final : public Collector {
 public:
  explicit Ksmd(const Environment& environment) {
    files_.reserve(kFiles.size());
    for (const auto name : kFiles) {
      files_.emplace_back(environment.host.sys, std::string("kernel/mm/ksm/").append(name));
    }
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    bool any = false;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (const int error = files_[i].read_once(scrape.buffer)) {
        if (error != ENOENT) {  // older kernels have fewer files
          unreadable(sink, files_[i].name(), error);
        }
        continue;
      }
      any = true;
      const auto value = platform::number<std::int64_t>(platform::trim(scrape.buffer.text()));
      if (!value) {
        sink.problem(Problem::parse, files_[i].name());
      } else if (i == kSleep) {
        sink.add(kMetrics[i], static_cast<double>(*value) / kMillisecondsPerSecond);
      } else {
        sink.add(kMetrics[i], *value);
      }
    }
    return any ? Outcome::ok : Outcome::no_data;
  }

 private:
  std::vector<platform::KeptFile> files_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Ksmd>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "ksmd",
    .summary = "merging of equal memory pages from /sys/kernel/mm/ksm",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::ksmd
