// /sys/class/powercap/<zone>/{name,energy_uj}: the energy that a part of the processor has used, in microjoules
// (Documentation/power/powercap/powercap.rst). The counter starts anew at the end of its range, which is a matter of
// minutes to hours. Only root may read it.
//   intel-rapl:0/name       package-0
//   intel-rapl:0/energy_uj  240422366267
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::rapl {
namespace {

constexpr const char* kClass = "class/powercap";

constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_rapl_joules_total", "Energy used by the zone.", {"index", "path", "rapl_zone"}},
};

constexpr OptionDesc kOptions[] = {
    {"collector.rapl.enable-zone-label", OptionType::flag, "false",
     "Show node_rapl_joules_total with the zone as a label instead of a metric for each zone."},
};

constexpr const char* kFiles[] = {"energy_uj"};

struct Zone {
  platform::Attributes attributes;
  std::string entry;  // "intel-rapl:0"
  std::string name;   // "package-0"; empty for what is no zone
  LabelBlock labels;
  FamilyId family;
};

// "package" and 0 of "package-0"; the index is left empty where the name has none.
std::string_view split_index(std::string_view name, std::optional<int>& index) {
  const auto bar = name.find('-');
  if (bar != std::string_view::npos && name.find('-', bar + 1) == std::string_view::npos) {
    index = platform::number<int>(name.substr(bar + 1));
  }
  return index ? name.substr(0, bar) : name;
}

// Each run of other characters, with the underscores beside it, as one underscore.
std::string metric_part(std::string_view name) {
  std::string result;
  bool run = false;
  for (const char c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (fine || (c == '_' && !run)) {
      result += c;
      run = false;
    } else if (c != '_') {
      while (!run && result.ends_with('_')) {
        result.pop_back();
      }
      if (!run) {
        result += '_';
      }
      run = true;
    }
  }
  return result;
}

class Rapl final : public Collector {
 public:
  explicit Rapl(const Environment& environment)
      : host_(environment.host),
        zone_label_(environment.options.flag("collector.rapl.enable-zone-label")),
        zones_(environment.host.sys, kClass) {}

  bool nothing_to_read() override { return zones_.none(); }
  Outcome outcome_of_nothing() override { return zones_.known() ? Outcome::ok : Outcome::no_data; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    bool changed = false;
    const auto make = [&](std::string_view entry, platform::Dir&& folder) {
      changed = true;
      std::string name;
      if (folder.read("name", scrape.buffer) == 0) {
        name = platform::trim(scrape.buffer.text());
      }
      return Zone{{std::move(folder), kFiles, open_files_}, std::string(entry), std::move(name), {}, {}};
    };
    present_.clear();
    const auto visit = [&](std::string_view, Zone& zone) {
      if (!zone.name.empty()) {
        present_.push_back(&zone);
      }
    };
    if (const int error = zones_.each(make, visit)) {
      return unreadable(sink, kClass, error);
    }
    if (changed || present_.size() != known_) {
      known_ = present_.size();
      name_zones(sink);
    }
    bool denied = false;
    bool any = false;
    for (Zone* const zone : present_) {
      const int error = zone->attributes.read(0, scrape.buffer);
      denied = denied || error == EACCES || error == EPERM;
      any = add(*zone, error, scrape, sink) || any;
    }
    return denied && !any ? Outcome::no_data : Outcome::ok;
  }

 private:
  bool add(const Zone& zone, int error, const Scrape& scrape, Sink& sink) const {
    if (error != 0) {
      attribute_unreadable(sink, zone.entry, error);
      return false;
    }
    const auto energy = platform::number<std::uint64_t>(platform::trim(scrape.buffer.text()));
    if (!energy) {
      sink.problem(Problem::parse, zone.entry);
      return false;
    }
    const double joules = scaled(static_cast<double>(*energy), 1e-6);
    if (zone_label_) {
      sink.add(kMetrics[0], joules, zone.labels);
    } else {
      sink.add(zone.family, joules, zone.labels);
    }
    return true;
  }

  // Zones of one name are counted through where the name does not end in a number.
  void name_zones(Sink& sink) {
    std::unordered_map<std::string, int> next;
    for (Zone* const zone : present_) {
      std::optional<int> index;
      const std::string name(split_index(zone->name, index));
      int& count = next[name];
      const std::string number = std::to_string(index.value_or(count));
      count = index.value_or(count) + 1;
      const auto path = (std::filesystem::path(host_.sysfs) / kClass / zone->entry).lexically_normal().string();
      zone->labels.clear();
      zone->labels.append("index", number);
      zone->labels.append("path", path);
      if (zone_label_) {
        zone->labels.append("rapl_zone", name);
      } else {
        zone->family = sink.dynamic(MetricType::counter, "node_rapl_" + metric_part(name) + "_joules_total",
                                    "Energy used by the zones named " + name + ".");
      }
    }
  }

  const platform::Host& host_;
  bool zone_label_;
  platform::OpenFiles open_files_;
  platform::Devices<Zone> zones_;
  std::vector<Zone*> present_;  // valid until the next walk
  std::size_t known_ = 0;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Rapl>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "rapl",
    .summary = "energy used by the processor's parts from /sys/class/powercap",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
    .rights = {.capabilities = "CAP_DAC_READ_SEARCH"},
};

}  // namespace exporter::host::rapl
