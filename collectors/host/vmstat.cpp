// /proc/vmstat: "pgfault 4825732" (proc_vmstat(5))
#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/regex.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::vmstat {
namespace {

constexpr OptionDesc kOptions[] = {
    {"collector.vmstat.fields", OptionType::regex, "^(oom_kill|pgpg|pswp|pg.*fault).*", "fields to show"},
};

struct Field {
  FamilyId family;
  bool shown;
};

class Vmstat final : public Collector {
 public:
  explicit Vmstat(const Environment& environment)
      : file_(environment.host.proc, "vmstat"), wanted_(environment.options.text("collector.vmstat.fields")) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    if (sink_ != &sink) {  // the families belong to the sink
      fields_.clear();
      sink_ = &sink;
    }
    std::string_view text = scrape.buffer.text();
    fields_.start();
    while (!text.empty()) {
      std::string_view value = platform::take(text, '\n');
      const auto name = platform::take(value, ' ');
      if (!name.empty()) {
        add(sink, name, value);
      }
    }
    fields_.finish();
    return Outcome::ok;
  }

 private:
  void add(Sink& sink, std::string_view name, std::string_view value) {
    const Field& field = fields_.at(name, [&] { return make_field(sink, name); });
    if (!field.shown) {
      return;
    }
    if (const auto count = platform::number<std::uint64_t>(platform::trim(value))) {
      sink.add(field.family, *count);
    } else {
      sink.problem(Problem::parse, name);
    }
  }

  Field make_field(Sink& sink, std::string_view name) const {
    if (!wanted_.matches(name)) {
      return {{}, false};
    }
    std::string metric = "node_vmstat_";
    append_sanitized_name(metric, name);
    const std::string help = "The field " + std::string(name) + " of /proc/vmstat.";
    return {sink.dynamic(MetricType::untyped, metric, help), true};
  }

  platform::KeptFile file_;
  platform::Pattern wanted_;
  platform::RowCache<Field> fields_;
  const Sink* sink_ = nullptr;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Vmstat>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "vmstat",
    .summary = "paging from /proc/vmstat",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = {},
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::vmstat
