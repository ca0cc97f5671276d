// /proc/slabinfo, readable by root only: a line per cache of kernel objects (slabinfo(5)); the first two say what is in
// the columns.
//   slabinfo - version: 2.1
//   # name   <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> ... : slabdata ...
//   dentry   70412  70455  192  21  1 : tunables  0  0  0 : slabdata  3355  3355  0
#include <array>
#include <cstdint>
#include <string_view>

#include "collectors/host/filter_options.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/regex.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::slabinfo {
namespace {

// In the order of the columns.
constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_slabinfo_active_objects", "Objects of the cache that are in use.", {"slab"}},
    {MetricType::gauge, "node_slabinfo_objects", "Objects of the cache, in use or free.", {"slab"}},
    {MetricType::gauge, "node_slabinfo_object_size_bytes", "Size of one object.", {"slab"}},
    {MetricType::gauge, "node_slabinfo_objects_per_slab", "Objects in each slab.", {"slab"}},
    {MetricType::gauge, "node_slabinfo_pages_per_slab", "Pages of memory that each slab takes.", {"slab"}},
};

constexpr OptionDesc kOptions[] = {
    {"collector.slabinfo.slabs-include", OptionType::regex, ".*", "Caches to show, by name."},
    {"collector.slabinfo.slabs-exclude", OptionType::regex, "", "Caches to leave out, by name."},
};

struct Slab {
  bool kept;
  LabelBlock labels;
};

class Slabinfo final : public Collector {
 public:
  explicit Slabinfo(const Environment& environment)
      : filter_(filter_from(environment.options.text("collector.slabinfo.slabs-include"),
                            environment.options.text("collector.slabinfo.slabs-exclude"))),
        file_(environment.host.proc, "slabinfo") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    std::string_view rest = scrape.buffer.text();
    if (!platform::take(rest, '\n').starts_with("slabinfo - version: 2.")) {
      sink.problem(Problem::parse, file_.name());
      return Outcome::failed;
    }
    slabs_.start();
    while (!rest.empty()) {
      const auto line = platform::take(rest, '\n');
      if (!line.empty() && line.front() != '#') {
        write(line, sink);
      }
    }
    slabs_.finish();
    return Outcome::ok;
  }

 private:
  void write(std::string_view line, Sink& sink) {
    const auto name = platform::word(line);
    const Slab& slab = slabs_.at(name, [&] { return Slab{filter_.keeps(name), LabelBlock(kMetrics[0], {name})}; });
    if (!slab.kept) {
      return;
    }
    std::array<std::uint64_t, std::size(kMetrics)> columns{};
    for (auto& column : columns) {
      const auto value = platform::number<std::uint64_t>(platform::word(line));
      if (!value) {
        sink.problem(Problem::parse, file_.name());
        return;
      }
      column = *value;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      sink.add(kMetrics[i], columns[i], slab.labels);
    }
  }

  platform::Filter filter_;
  platform::KeptFile file_;
  platform::RowCache<Slab> slabs_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Slabinfo>(environment); }

}  // namespace

// A worker of its own: the kernel counts the objects of hundreds of caches under the lock that making a cache takes.
extern constinit const CollectorSpec spec{
    .name = "slabinfo",
    .summary = "caches of kernel objects from /proc/slabinfo, which only root may read",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .rights = {.capabilities = "CAP_DAC_READ_SEARCH"},
};

}  // namespace exporter::host::slabinfo
