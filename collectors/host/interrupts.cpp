// /proc/interrupts: a row for each interrupt, a column for each CPU that is online (proc_interrupts(5)):
//            CPU0       CPU1
//   16:    328511     322879  IR-IO-APIC   16-fasteoi   ehci_hcd:usb1
//  NMI:        47       5031   Non-maskable interrupts
//  ERR:         0
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/host/cpu_columns.h"
#include "collectors/host/filter_options.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::interrupts {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter,
     "node_interrupts_total",
     "Interrupts that the CPU served since boot.",
     {"cpu"}},  // and devices, info and type, which a row keeps
};

constexpr OptionDesc kOptions[] = {
    {"collector.interrupts.name-include", OptionType::regex, "",
     "Interrupts to show, matched on \"name;info;devices\"; not together with name-exclude."},
    {"collector.interrupts.name-exclude", OptionType::regex, "",
     "Interrupts to leave out, matched on \"name;info;devices\"; not together with name-include."},
    {"collector.interrupts.include-zeros", OptionType::flag, "true", "Show the CPUs that served none as well."},
};

platform::Filter filter_of(const Options& options) {
  const std::string& include = options.text("collector.interrupts.name-include");
  const std::string& exclude = options.text("collector.interrupts.name-exclude");
  if (!include.empty() && !exclude.empty()) {
    throw OptionError(
        "options collector.interrupts.name-include and collector.interrupts.name-exclude exclude each other");
  }
  return filter_from(include, exclude);
}

// What stands beside the numbers of a row.
struct Row {
  std::string words;  // behind the numbers; another driver may take the interrupt over
  bool kept = false;
  LabelBlock labels;
};

// The words of `text` with one blank between them.
std::string joined(std::string_view text) {
  std::string result;
  for (auto word = platform::word(text); !word.empty(); word = platform::word(text)) {
    result.append(result.empty() ? "" : " ").append(word);
  }
  return result;
}

class Interrupts final : public Collector {
 public:
  explicit Interrupts(const Environment& environment)
      : file_(environment.host.proc, "interrupts"),
        filter_(filter_of(environment.options)),
        zeros_(environment.options.flag("collector.interrupts.include-zeros")) {}

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
      const auto name = platform::trim(platform::take(line, ':'));
      if (name.empty() || !add(sink, name, line)) {
        sink.problem(Problem::parse, file_.name());
      }
    }
    rows_.finish();
    return Outcome::ok;
  }

 private:
  // False when the row is none of this file.
  bool add(Sink& sink, std::string_view name, std::string_view rest) {
    counts_.clear();
    while (counts_.size() < cpus_.numbers().size()) {
      const auto word = platform::word(rest);
      if (word.empty() && counts_.size() == 1) {
        return true;  // ERR and MIS: one number for the machine, of no CPU
      }
      const auto count = platform::number<std::uint64_t>(word);
      if (!count) {
        return false;
      }
      counts_.push_back(*count);
    }
    rest = platform::trim(rest);
    if (rest.empty()) {
      return counts_.size() == 1;  // ERR and MIS of a machine with one CPU
    }
    Row& row = rows_.at(name, [] { return Row{}; });
    if (row.words != rest) {
      row = make_row(name, rest);
    }
    for (std::size_t i = 0; i < counts_.size() && row.kept; ++i) {
      if (counts_[i] != 0 || zeros_) {
        sink.add(kMetrics[0], counts_[i], row.labels, {cpus_.numbers()[i]});
      }
    }
    return true;
  }

  // A numbered interrupt has its controller as info and drivers as devices; the others have a description.
  Row make_row(std::string_view name, std::string_view words) const {
    Row row;
    row.words = words;
    const bool numbered = platform::number<std::int64_t>(name).has_value();
    const std::string info = numbered ? std::string(platform::word(words)) : joined(words);
    const std::string devices = numbered ? joined(words) : std::string();
    row.kept = filter_.keeps(std::string(name).append(";").append(info).append(";").append(devices));
    row.labels.append("devices", devices);
    row.labels.append("info", info);
    row.labels.append("type", name);
    return row;
  }

  platform::KeptFile file_;
  platform::Filter filter_;
  bool zeros_;
  CpuColumns cpus_;
  platform::RowCache<Row> rows_;
  std::vector<std::uint64_t> counts_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Interrupts>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "interrupts",
    .summary = "interrupts by CPU from /proc/interrupts",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::interrupts
