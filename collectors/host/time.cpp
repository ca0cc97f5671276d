// The clock and the local time zone, and <sys>/devices/system/clocksource/clocksource0/available_clocksource:
// "tsc hpet acpi_pm" (clocksource in the kernel's Documentation/ABI/testing/sysfs-devices-system-clocksource)
#include <algorithm>
#include <ctime>

#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::time {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_time_seconds", "This machine's clock, seconds since 1970."},
    {MetricType::gauge, "node_time_zone_offset_seconds", "Seconds that local time is ahead of UTC.", {"time_zone"}},
    {MetricType::gauge,
     "node_time_clocksource_available_info",
     "A clock source that the kernel could use; the value is 1.",
     {"clocksource", "device"}},
    {MetricType::gauge,
     "node_time_clocksource_current_info",
     "The clock source in use; the value is 1.",
     {"clocksource", "device"}},
};

constexpr std::string_view kDevicePrefix = "clocksource";

struct Device {
  std::string number;
  platform::KeptFile available;
  platform::KeptFile current;
};

std::vector<Device> find_devices(const platform::Dir& sys) {
  std::vector<std::string> names;
  std::vector<Device> devices;
  const std::string folder = "devices/system/clocksource";
  if (sys.list(folder.c_str(), names) != 0) {
    return devices;
  }
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    if (name.starts_with(kDevicePrefix)) {
      const std::string path = std::string(folder).append("/").append(name).append("/");
      devices.push_back({name.substr(kDevicePrefix.size()),
                         {sys, path + "available_clocksource"},
                         {sys, path + "current_clocksource"}});
    }
  }
  return devices;
}

class Time final : public Collector {
 public:
  explicit Time(const Environment& environment) : devices_(find_devices(environment.host.sys)) {
    ::tzset();  // localtime_r need not do it
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    sink.add(kMetrics[0], static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9);
    tm local{};
    if (::localtime_r(&now.tv_sec, &local) != nullptr) {
      sink.add(kMetrics[1], local.tm_gmtoff, {local.tm_zone});
    }
    for (Device& device : devices_) {
      write(device.available, kMetrics[2], device.number, scrape, sink);
      write(device.current, kMetrics[3], device.number, scrape, sink);
    }
    return Outcome::ok;
  }

 private:
  static void write(platform::KeptFile& file, const MetricDesc& metric, std::string_view device, const Scrape& scrape,
                    Sink& sink) {
    if (const int error = file.read_once(scrape.buffer)) {
      sink.problem(Problem::io, file.name(), error);
      return;
    }
    std::string_view rest = scrape.buffer.text();
    for (auto name = platform::word(rest); !name.empty(); name = platform::word(rest)) {
      sink.add(metric, 1, {name, device});
    }
  }

  std::vector<Device> devices_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Time>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "time",
    .summary = "clock, time zone and clock sources",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::time
