// /proc/sys/fs/file-nr: "1024\t0\t1631329", open files, a zero of old, and their limit (proc_sys_fs(5))
#include <cstdint>
#include <string_view>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::filefd {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_filefd_allocated", "Files that are open on the whole machine."},
    {MetricType::gauge, "node_filefd_maximum", "How many files can be open on the whole machine."},
};

class Filefd final : public Collector {
 public:
  explicit Filefd(const Environment& environment) : file_(environment.host.proc, "sys/fs/file-nr") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read_once(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    std::string_view rest = scrape.buffer.text();
    const auto allocated = platform::word(rest);
    platform::word(rest);
    const auto maximum = platform::word(rest);
    add(sink, kMetrics[0], allocated);
    add(sink, kMetrics[1], maximum);
    return Outcome::ok;
  }

 private:
  static void add(Sink& sink, const MetricDesc& metric, std::string_view word) {
    if (const auto value = platform::number<std::uint64_t>(word)) {
      sink.add(metric, *value);
    } else {
      sink.problem(Problem::parse, metric.name);
    }
  }

  platform::KeptFile file_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Filefd>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "filefd",
    .summary = "open files and their limit from /proc/sys/fs/file-nr",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::filefd
