// /sys/class/thermal: temperatures in thousandths of a degree and what cools
// (Documentation/driver-api/thermal/sysfs-api.rst). Many are read from firmware or over a slow bus.
//   thermal_zone0/{type,temp}                  x86_pkg_temp, 47000
//   cooling_device3/{type,cur_state,max_state} Processor, 0, 10
#include <cerrno>
#include <chrono>
#include <cstdint>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::thermal_zone {
namespace {

constexpr const char* kClass = "class/thermal";

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_thermal_zone_temp", "Temperature of the zone in degrees Celsius.", {"zone", "type"}},
    {MetricType::gauge,
     "node_cooling_device_cur_state",
     "How much the device cools now, up to node_cooling_device_max_state.",
     {"name", "type"}},
    {MetricType::gauge, "node_cooling_device_max_state", "How much the device can cool.", {"name", "type"}},
};

constexpr const char* kZoneFiles[] = {"temp"};
constexpr const char* kCoolerFiles[] = {"cur_state", "max_state"};
constexpr std::string_view kZone = "thermal_zone";
constexpr std::string_view kCooler = "cooling_device";

bool numbered(std::string_view name, std::string_view kind) {
  return name.size() > kind.size() && name.starts_with(kind) && name[kind.size()] >= '0' && name[kind.size()] <= '9';
}

struct Device {
  platform::Attributes attributes;
  LabelBlock labels;
  bool zone;
};

class ThermalZone final : public Collector {
 public:
  explicit ThermalZone(const Environment& environment) : devices_(environment.host.sys, kClass) {}

  bool nothing_to_read() override { return devices_.none(); }
  Outcome outcome_of_nothing() override { return Outcome::ok; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto wanted = [](std::string_view name) { return numbered(name, kZone) || numbered(name, kCooler); };
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      const bool zone = name.starts_with(kZone);
      std::string_view type;
      if (folder.read("type", scrape.buffer) == 0) {
        type = platform::trim(scrape.buffer.text());
      }
      LabelBlock labels(kMetrics[zone ? 0 : 1], {name.substr(zone ? kZone.size() : kCooler.size()), type});
      return zone ? Device{{std::move(folder), kZoneFiles, open_files_}, std::move(labels), true}
                  : Device{{std::move(folder), kCoolerFiles, open_files_}, std::move(labels), false};
    };
    bool late = false;
    const int error = devices_.each(wanted, make, [&](std::string_view, Device& device) {
      late = late || std::chrono::steady_clock::now() + kMargin >= scrape.deadline;
      if (late) {
        return;
      }
      if (device.zone) {
        add(kMetrics[0], device, 0, scrape, sink, 1e-3);
      } else {
        add(kMetrics[1], device, 0, scrape, sink, 1);
        add(kMetrics[2], device, 1, scrape, sink, 1);
      }
    });
    if (late) {
      sink.problem(Problem::deadline, kClass);
    }
    return error == 0 || error == ENOENT ? Outcome::ok : unreadable(sink, kClass, error);
  }

 private:
  static void add(const MetricDesc& metric, Device& device, std::size_t file, const Scrape& scrape, Sink& sink,
                  double scale) {
    const int error = device.attributes.read(file, scrape.buffer);
    if (error != 0) {
      // EAGAIN: the sensor has not measured yet.
      if (error != EAGAIN) {
        attribute_unreadable(sink, device.attributes.name(file), error);
      }
      return;
    }
    // Cooling that is unknown, such as that of an idle intel_powerclamp, is -1.
    if (const auto value = platform::number<std::int64_t>(platform::trim(scrape.buffer.text()))) {
      sink.add(metric, scale == 1 ? Value(*value) : Value(scaled(static_cast<double>(*value), scale)), device.labels);
    } else {
      sink.problem(Problem::parse, device.attributes.name(file));
    }
  }

  static constexpr std::chrono::milliseconds kMargin{50};  // of one device

  platform::OpenFiles open_files_;
  platform::Devices<Device> devices_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<ThermalZone>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "thermal_zone",
    .summary = "temperatures and cooling devices from /sys/class/thermal",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::thermal_zone
