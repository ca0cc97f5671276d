// What the drivers of network devices count and can do, by ioctl (SIOCETHTOOL, linux/ethtool.h): the facts that
// `ethtool -i`, `ethtool -S` and `ethtool` show.
//   driver: e1000e
//        rx_queue_0_packets: 1260062
//   Supported link modes:   10baseT/Half 10baseT/Full
// Devices are those of /sys/class/net.
#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/host/ethtool_metrics.h"
#include "collectors/host/ethtool_modes.h"
#include "collectors/host/ethtool_recorded.h"
#include "collectors/host/filter_options.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/ethtool.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::ethtool {
namespace {

struct PortType {
  ModeBit bit;
  std::string_view name;
};
constexpr PortType kPortTypes[] = {{kTwistedPair, "TP"}, {kAui, "AUI"}, {kMii, "MII"},
                                   {kFibre, "FIBRE"},    {kBnc, "BNC"}, {kBackplane, "Backplane"}};

constexpr OptionDesc kOptions[] = {
    {"collector.ethtool.device-include", OptionType::regex, "",
     "Network devices to show, by name; not together with device-exclude."},
    {"collector.ethtool.device-exclude", OptionType::regex, "",
     "Network devices to leave out, by name; not together with device-include."},
    {"collector.ethtool.metrics-include", OptionType::regex, ".*",
     "Counters of drivers to show, by name with each run of other characters than letters and digits as '_'."},
    {.name = "collector.ethtool.fixtures",
     .type = OptionType::text,
     .default_value = "",
     .help = "Folder of recorded answers to read instead of asking the drivers.",
     .hidden = true},
};

platform::Filter filter_of(const Options& options) {
  const auto& include = options.text("collector.ethtool.device-include");
  const auto& exclude = options.text("collector.ethtool.device-exclude");
  if (!include.empty() && !exclude.empty()) {
    throw OptionError(
        "options collector.ethtool.device-include and collector.ethtool.device-exclude exclude each other");
  }
  return filter_from(include, exclude);
}

// One counter of a driver that is shown.
struct Counter {
  std::size_t place;           // among the driver's counters
  const MetricDesc* declared;  // or null, and then
  FamilyId family;
};

struct Device {
  bool kept = false;
  LabelBlock labels;
  platform::ethtool::Driver driver;
  LabelBlock info;  // empty until the driver is known
  platform::ethtool::Link link;
  bool link_known = false;
  std::vector<std::pair<LabelBlock, std::uint64_t>> supported;  // and bytes per second
  std::vector<std::pair<LabelBlock, std::uint64_t>> advertised;
  std::vector<LabelBlock> ports;
  std::optional<std::size_t> count;  // of all its counters, when their names were read
  std::vector<Counter> counters;
};

class Ethtool final : public Collector {
 public:
  explicit Ethtool(const Environment& environment)
      : filter_(filter_of(environment.options)),
        wanted_(environment.options.text("collector.ethtool.metrics-include")) {
    const std::string& folder = environment.options.text("collector.ethtool.fixtures");
    if (folder.empty()) {
      source_ = std::make_unique<platform::ethtool::Kernel>();
      devices_.emplace(environment.host.sys, "class/net");
    } else {
      auto recorded = std::make_unique<Recorded>(folder);
      devices_.emplace(recorded->folder(), ".");
      source_ = std::move(recorded);
    }
  }

  Outcome collect(const Scrape& /*scrape*/, Sink& sink) override {
    const bool families_stand = sink_ == &sink;  // they belong to the sink
    sink_ = &sink;
    const auto make = [&](std::string_view name, platform::Dir&&) {
      Device device;
      device.kept = filter_.keeps(name);
      device.labels = LabelBlock(kMetrics[0], {name});
      return device;
    };
    const int error = devices_->each(make, [&](std::string_view name, Device& device) {
      if (!families_stand) {
        device.count.reset();
      }
      if (device.kept) {
        write_link(name, device, sink);
        write_driver(name, device, sink);
        write_counters(name, device, sink);
      }
    });
    return error == 0 ? Outcome::ok : unreadable(sink, "class/net", error);
  }

 private:
  // False, and counted where it is news: a driver that does not say and a device that is gone are none.
  static bool answered(std::string_view name, int error, Sink& sink) {
    if (error != 0 && error != EOPNOTSUPP && error != ENODEV) {
      sink.problem(error == EPERM || error == EACCES ? Problem::denied : Problem::io, name, error);
    }
    return error == 0;
  }

  void write_link(std::string_view name, Device& device, Sink& sink) {
    if (!answered(name, source_->link(name.data(), link_), sink)) {
      return;
    }
    if (!device.link_known || device.link != link_) {
      device.link = link_;
      device.link_known = true;
      device.supported = speeds(name, link_.supported);
      device.advertised = speeds(name, link_.advertised);
      device.ports.clear();
      for (const auto& [bit, type] : kPortTypes) {
        if (link_.supported[bit]) {
          device.ports.emplace_back(kMetrics[kPortInfo], std::initializer_list<std::string_view>{name, type});
        }
      }
    }
    for (const LabelBlock& port : device.ports) {
      sink.add(kMetrics[kPortInfo], 1, port);
    }
    for (const auto& [labels, speed] : device.supported) {
      sink.add(kMetrics[kSupportedSpeed], speed, labels);
    }
    for (const auto& [labels, speed] : device.advertised) {
      sink.add(kMetrics[kAdvertisedSpeed], speed, labels);
    }
    const auto flag = [&](Index metric, bool value) { sink.add(kMetrics[metric], value ? 1 : 0, device.labels); };
    flag(kAutonegotiateSupported, link_.supported[kAutonegotiation]);
    flag(kAutonegotiateAdvertised, link_.advertised[kAutonegotiation]);
    flag(kPauseSupported, link_.supported[kPause]);
    flag(kPauseAdvertised, link_.advertised[kPause]);
    flag(kAsymmetricSupported, link_.supported[kAsymmetricPause]);
    flag(kAsymmetricAdvertised, link_.advertised[kAsymmetricPause]);
    flag(kAutonegotiate, link_.autonegotiation);
  }

  static std::vector<std::pair<LabelBlock, std::uint64_t>> speeds(std::string_view device,
                                                                  const platform::ethtool::LinkModes& modes) {
    constexpr std::uint64_t kBytesPerMegabit = 125000;
    std::vector<std::pair<LabelBlock, std::uint64_t>> result;
    for (std::size_t bit = 0; bit < modes.size(); ++bit) {
      const Mode mode = modes[bit] ? mode_of(bit) : Mode{};
      if (mode.megabits != 0) {
        result.emplace_back(LabelBlock(kMetrics[kSupportedSpeed], {device, mode.duplex, mode.name}),
                            mode.megabits * kBytesPerMegabit);
      }
    }
    return result;
  }

  void write_driver(std::string_view name, Device& device, Sink& sink) {
    if (!answered(name, source_->driver(name.data(), driver_), sink)) {
      return;
    }
    if (device.info.text().empty() || device.driver != driver_) {
      device.driver = driver_;
      device.count.reset();  // new firmware may count under other names
      device.info = LabelBlock(kMetrics[kInfo], {driver_.bus, name, driver_.name, driver_.expansion_rom_version,
                                                 driver_.firmware_version, driver_.version});
    }
    sink.add(kMetrics[kInfo], 1, device.info);
  }

  void write_counters(std::string_view name, Device& device, Sink& sink) {
    std::size_t count = 0;
    if (!answered(name, source_->count(name.data(), count), sink) || count == 0) {
      return;
    }
    if (device.count != count) {
      device.count.reset();
      if (!answered(name, source_->names(name.data(), count, names_), sink)) {
        return;
      }
      device.counters = shown(names_, sink);
      device.count = count;
    }
    std::span<const std::uint64_t> values;
    if (device.counters.empty() || !answered(name, source_->values(name.data(), count, values), sink)) {
      return;
    }
    for (const Counter& counter : device.counters) {
      if (counter.place >= values.size()) {
        continue;
      }
      if (counter.declared != nullptr) {
        sink.add(*counter.declared, values[counter.place], device.labels);
      } else {
        sink.add(counter.family, values[counter.place], device.labels);
      }
    }
  }

  // Of counters whose names become the same none is shown: nobody could tell which one it is.
  std::vector<Counter> shown(const std::vector<std::string>& names, Sink& sink) const {
    struct Named {
      std::string family;
      std::size_t place;
    };
    std::vector<Named> named;
    for (std::size_t place = 0; place < names.size(); ++place) {
      const std::string name = cleaned(platform::trim(names[place]));
      if (wanted_.matches(name) && !family_name(name).empty()) {
        named.push_back({family_name(name), place});
      }
    }
    std::sort(named.begin(), named.end(), [](const Named& a, const Named& b) { return a.family < b.family; });
    std::vector<Counter> result;
    for (auto first = named.begin(); first != named.end();) {
      const auto end = std::find_if(first, named.end(), [&](const Named& one) { return one.family != first->family; });
      if (end - first == 1) {
        result.push_back(counter(first->family, names[first->place], first->place, sink));
      }
      first = end;
    }
    return result;
  }

  static Counter counter(const std::string& family, const std::string& name, std::size_t place, Sink& sink) {
    const auto* const declared = std::find(std::begin(kDeclared), std::end(kDeclared), platform::trim(name));
    if (declared != std::end(kDeclared)) {
      return {place, &kMetrics[declared - std::begin(kDeclared)], {}};
    }
    std::string help = "The driver's counter " + name + ".";
    std::replace_if(
        help.begin(), help.end(), [](char c) { return c < ' ' || c > '~'; }, '?');  // help is UTF-8
    return {place, nullptr, sink.dynamic(MetricType::untyped, "node_ethtool_" + family, help)};
  }

  platform::Filter filter_;
  platform::Pattern wanted_;
  std::unique_ptr<platform::ethtool::Source> source_;
  std::optional<platform::Devices<Device>> devices_;
  const Sink* sink_ = nullptr;
  platform::ethtool::Driver driver_;  // reused
  platform::ethtool::Link link_;
  std::vector<std::string> names_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Ethtool>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "ethtool",
    .summary = "counters, drivers and link modes of network devices, asked of their drivers",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,  // drivers may ask their hardware
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::ethtool
