// /proc/meminfo: "Active(anon):     500124 kB", "HugePages_Total:       0" (proc_meminfo(5))
//
// Every field that the kernel has becomes a metric: Active(anon) is node_memory_Active_anon_bytes, a field without unit
// keeps its bare name.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::meminfo {
namespace {

constexpr std::uint64_t kKibibyte = 1024;

struct Field {
  FamilyId family;
  bool bytes;
};

Field make_field(Sink& sink, std::string_view name, bool bytes) {
  std::string metric = "node_memory_";
  std::string plain(name);
  plain.erase(std::remove(plain.begin(), plain.end(), ')'), plain.end());
  append_sanitized_name(metric, plain);
  metric += bytes ? "_bytes" : "";
  const std::string help = "The field " + std::string(name) + " of /proc/meminfo" + (bytes ? ", in bytes." : ".");
  return {sink.dynamic(MetricType::gauge, metric, help), bytes};
}

class Meminfo final : public Collector {
 public:
  explicit Meminfo(const Environment& environment) : file_(environment.host.proc, "meminfo") {}

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
      add(sink, platform::take(text, '\n'));
    }
    fields_.finish();
    return Outcome::ok;
  }

 private:
  void add(Sink& sink, std::string_view line) {
    const auto name = platform::take(line, ':');
    const auto amount = platform::word(line);
    const auto unit = platform::word(line);
    auto value = platform::number<std::uint64_t>(amount);
    if (name.empty() || !value || !(unit.empty() || unit == "kB")) {
      sink.problem(Problem::parse, name.empty() ? file_.name() : name);
      return;
    }
    const bool bytes = !unit.empty();
    const Field& field = fields_.at(name, [&] { return make_field(sink, name, bytes); });
    if (field.bytes != bytes || (bytes && __builtin_mul_overflow(*value, kKibibyte, &*value))) {
      sink.problem(Problem::parse, name);
      return;
    }
    sink.add(field.family, *value);
  }

  platform::KeptFile file_;
  platform::RowCache<Field> fields_;
  const Sink* sink_ = nullptr;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Meminfo>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "meminfo",
    .summary = "memory from /proc/meminfo",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = {},
    .options = {},
    .make = make,
};

}  // namespace exporter::host::meminfo
