// /sys/class/watchdog/watchdog<N>: one value a file (Documentation/ABI/testing/sysfs-class-watchdog); drivers leave out
// what they do not have, and some ask the hardware for timeleft and status:
//   timeleft  43 (seconds)
//   identity  iTCO_wdt
//   options   0x8180
#include <string_view>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/info_labels.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::watchdog {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_watchdog_bootstatus", "Status bits of the watchdog at boot.", {"name"}},
    {MetricType::gauge, "node_watchdog_fw_version", "Firmware version of the watchdog.", {"name"}},
    {MetricType::gauge, "node_watchdog_nowayout", "1 when a running watchdog cannot be stopped.", {"name"}},
    {MetricType::gauge, "node_watchdog_timeleft_seconds", "Time until the watchdog resets the machine.", {"name"}},
    {MetricType::gauge, "node_watchdog_timeout_seconds", "Time the watchdog waits for a sign of life.", {"name"}},
    {MetricType::gauge, "node_watchdog_pretimeout_seconds", "Warning time before the reset.", {"name"}},
    {MetricType::gauge, "node_watchdog_access_cs0", "1 when the machine booted from its second flash.", {"name"}},
    {MetricType::gauge,
     "node_watchdog_info",
     "Always 1; the labels describe the watchdog.",
     {"identity", "name", "options", "pretimeout_governor", "state", "status"}},
};

// The files of the numbers, in the order of their metrics, then those of the info metric's labels.
constexpr const char* kFiles[] = {
    "bootstatus", "fw_version",          "nowayout", "timeleft", "timeout", "pretimeout", "access_cs0", "identity",
    "options",    "pretimeout_governor", "state",    "status",
};
constexpr std::size_t kNumbers = std::size(kMetrics) - 1;
constexpr const MetricDesc& kInfo = kMetrics[kNumbers];
constexpr std::size_t kNameLabel = 1;
static_assert(std::size(kFiles) - kNumbers == 5 && kInfo.labels[kNameLabel] == "name");

struct Device {
  platform::Attributes attributes;
  InfoLabels info;
  LabelBlock labels;
};

class Watchdog final : public Collector {
 public:
  explicit Watchdog(const Environment& environment) : devices_(environment.host.sys, kClass) {}

  bool nothing_to_read() override { return devices_.none(); }
  Outcome outcome_of_nothing() override { return devices_.known() ? Outcome::ok : Outcome::no_data; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      Device device{{std::move(folder), kFiles, open_files_}, InfoLabels(kInfo), {kMetrics[0], {name}}};
      device.info.set(kNameLabel, name);
      return device;
    };
    const int error = devices_.each(make, [&](std::string_view, Device& device) {
      for (std::size_t i = 0; i < kNumbers; ++i) {
        add_attribute<std::int64_t>(kMetrics[i], device.attributes, i, device.labels, scrape.buffer, sink);
      }
      for (std::size_t i = kNumbers; i < std::size(kFiles); ++i) {
        const std::size_t label = i - kNumbers;
        device.info.set(label < kNameLabel ? label : label + 1,
                        attribute_text(device.attributes, i, scrape.buffer, sink));
      }
      sink.add(kInfo, 1, device.info.block());
    });
    return error == 0 ? Outcome::ok : unreadable(sink, kClass, error);
  }

 private:
  static constexpr const char* kClass = "class/watchdog";

  platform::OpenFiles open_files_;
  platform::Devices<Device> devices_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Watchdog>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "watchdog",
    .summary = "watchdog timers from /sys/class/watchdog",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::watchdog
