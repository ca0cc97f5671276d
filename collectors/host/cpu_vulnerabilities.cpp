// /sys/devices/system/cpu/vulnerabilities/<name>: "Mitigation: PTE Inversion"
// (Documentation/ABI/testing/sysfs-devices-system-cpu)
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/ascii.h"
#include "platform/dir_names.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::cpu_vulnerabilities {
namespace {

constexpr const char* kFolder = "devices/system/cpu/vulnerabilities";

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_cpu_vulnerabilities_info",
     "Always 1; the state of the CPUs against the vulnerability, and what the kernel does about it.",
     {"codename", "state", "mitigation"}},
};

constexpr std::string_view kStates[] = {"not affected", "vulnerable", "mitigation", "unknown"};

bool begins_with(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) {
    return false;
  }
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (platform::lower(text[i]) != lower[i]) {
      return false;
    }
  }
  return true;
}

// "Vulnerable: No microcode" is vulnerable by "No microcode"; a text that begins with no state is told whole.
LabelBlock describe(std::string_view name, std::string_view text) {
  for (const auto state : kStates) {
    if (!begins_with(text, state)) {
      continue;
    }
    std::string mitigation;
    platform::word(text);
    for (auto word = platform::word(text); !word.empty() && state != kStates[0]; word = platform::word(text)) {
      mitigation.append(mitigation.empty() ? "" : " ").append(word);
    }
    return {kMetrics[0], {name, state, mitigation}};
  }
  return {kMetrics[0], {name, "unknown", text}};
}

struct Vulnerability {
  platform::KeptFile file;
  std::optional<std::string> text;
  LabelBlock labels;
};

class CpuVulnerabilities final : public Collector {
 public:
  explicit CpuVulnerabilities(const Environment& environment) : sys_(environment.host.sys) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = names_.read_kept(sys_, kFolder); error != 0 && error != ENOENT) {
      return unreadable(sink, kFolder, error);
    }
    known_.start();
    for (const auto& entry : names_.entries()) {
      const auto make = [&] {
        std::string path(kFolder);
        path.append("/").append(entry.name);
        return Vulnerability{{sys_, std::move(path)}, {}, {}};
      };
      Vulnerability& known = known_.at(entry.name, make);
      if (const int error = known.file.read_once(scrape.buffer)) {
        unreadable(sink, known.file.name(), error);
        continue;
      }
      const auto text = platform::trim(scrape.buffer.text());
      if (known.text != text) {
        known.text = text;
        known.labels = describe(entry.name, text);
      }
      sink.add(kMetrics[0], 1, known.labels);
    }
    known_.finish();
    return Outcome::ok;
  }

 private:
  const platform::Dir& sys_;
  platform::DirNames names_;
  platform::RowCache<Vulnerability> known_;
};

std::unique_ptr<Collector> make(const Environment& environment) {
  return std::make_unique<CpuVulnerabilities>(environment);
}

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "cpu_vulnerabilities",
    .summary = "known vulnerabilities of the CPUs from /sys/devices/system/cpu/vulnerabilities",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::cpu_vulnerabilities
