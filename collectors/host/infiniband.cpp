// /sys/class/infiniband/<device>/{fw_ver,board_id,hca_type} and /sys/class/infiniband/<device>/ports/<n>: one value a
// file (Documentation/ABI/stable/sysfs-class-infiniband):
//   state                 4: ACTIVE
//   rate                  100 Gb/sec (4X EDR)
//   counters/link_downed  3, or "N/A (no PMA)" where the device cannot say
//   hw_counters/lifespan  10 (milliseconds)
#include <array>
#include <utility>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/filter_options.h"
#include "collectors/host/infiniband_metrics.h"
#include "collectors/host/info_labels.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::infiniband {
namespace {

enum Metric : std::size_t { info, state, physical_state, rate, lifespan, first_counter };

constexpr MetricDesc kOthers[] = {
    {MetricType::gauge,
     "node_infiniband_info",
     "Always 1; the labels describe the device.",
     {"board_id", "device", "firmware_version", "hca_type"}},
    {MetricType::gauge, "node_infiniband_state_id", "State of the port: 1 down, 4 active.", {"device", "port"}},
    {MetricType::gauge,
     "node_infiniband_physical_state_id",
     "Physical state of the port: 2 polling, 3 disabled, 5 link up, 6 link error recovery.",
     {"device", "port"}},
    {MetricType::gauge, "node_infiniband_rate_bytes_per_second", "Speed of the port.", {"device", "port"}},
    {MetricType::gauge,
     "node_infiniband_lifespan_seconds",
     "How long the device may answer with the same counters.",
     {"device", "port"}},
};
static_assert(std::size(kOthers) == first_counter);

template <std::size_t... O, std::size_t... C>
constexpr auto all_metrics(std::index_sequence<O...> /*others*/, std::index_sequence<C...> /*counters*/) {
  return std::array<MetricDesc, sizeof...(O) + sizeof...(C)>{kOthers[O]..., kPortCounters[C].metric...};
}
constexpr auto kMetrics =
    all_metrics(std::make_index_sequence<std::size(kOthers)>{}, std::make_index_sequence<std::size(kPortCounters)>{});

constexpr const char* kDeviceFiles[] = {"board_id", "fw_ver", "hca_type"};
constexpr std::size_t kDeviceLabels[] = {0, 2, 3};  // of node_infiniband_info
constexpr std::size_t kNameLabel = 1;

// The file of kMetrics[i] is kPortFiles[i].
template <std::size_t... C>
constexpr auto port_files(std::index_sequence<C...> /*counters*/) {
  return std::array<const char*, first_counter + sizeof...(C)>{
      "", "state", "phys_state", "rate", "hw_counters/lifespan", kPortCounters[C].file...};
}
constexpr auto kPortFiles = port_files(std::make_index_sequence<std::size(kPortCounters)>{});

constexpr OptionDesc kOptions[] = {
    {"collector.infiniband.device-include", OptionType::regex, "",
     "InfiniBand devices to show, by name; not together with device-exclude."},
    {"collector.infiniband.device-exclude", OptionType::regex, "",
     "InfiniBand devices to leave out, by name; not together with device-include."},
};

constexpr double kBytesPerGigabit = 125e6;

platform::Filter make_filter(const Options& options) {
  const auto& include = options.text("collector.infiniband.device-include");
  const auto& exclude = options.text("collector.infiniband.device-exclude");
  if (!include.empty() && !exclude.empty()) {
    throw OptionError(
        "options collector.infiniband.device-include and collector.infiniband.device-exclude exclude each other");
  }
  return filter_from(include, exclude);
}

bool is_number(std::string_view name) { return name.find_first_not_of("0123456789") == std::string_view::npos; }

struct Port {
  platform::Attributes attributes;
  LabelBlock labels;
};

struct Device {
  platform::Attributes attributes;
  InfoLabels info;
  platform::Devices<Port> ports;
  bool ignored;
};

// The number that `text` starts with, up to `end`.
template <class T>
void add_leading(const MetricDesc& metric, std::string_view text, char end, double scale, const Port& port,
                 const char* where, Sink& sink) {
  if (text.empty()) {
    return;
  }
  const auto value = platform::number<T>(platform::trim(platform::take(text, end)));
  if (!value) {
    sink.problem(Problem::parse, where);
    return;
  }
  sink.add(metric, static_cast<double>(*value) * scale, port.labels);
}

void add_count(const MetricDesc& metric, std::string_view text, double scale, const Port& port, const char* where,
               Sink& sink) {
  // Devices without a performance management agent, such as iWARP ones, have the files and no values.
  if (text.empty() || text.find("N/A (no PMA)") != std::string_view::npos) {
    return;
  }
  const auto value = platform::number<std::uint64_t>(text);
  if (!value) {
    sink.problem(Problem::parse, where);
  } else if (scale == 1) {
    sink.add(metric, *value, port.labels);
  } else {
    sink.add(metric, scaled(static_cast<double>(*value), scale), port.labels);
  }
}

void add_port(Port& port, platform::ReadBuffer& buffer, Sink& sink) {
  for (std::size_t i = state; i < std::size(kPortFiles); ++i) {
    const MetricDesc& metric = kMetrics[i];
    const std::string_view text = attribute_text(port.attributes, i, buffer, sink);
    switch (i) {
      case state:
      case physical_state:
        add_leading<std::uint32_t>(metric, text, ':', 1, port, kPortFiles[i], sink);
        break;
      case rate:
        add_leading<double>(metric, text, ' ', kBytesPerGigabit, port, kPortFiles[i], sink);
        break;
      case lifespan:
        add_count(metric, text, 1e-3, port, kPortFiles[i], sink);
        break;
      default:
        add_count(metric, text, kPortCounters[i - first_counter].scale, port, kPortFiles[i], sink);
    }
  }
}

class Infiniband final : public Collector {
 public:
  explicit Infiniband(const Environment& environment)
      : sys_(environment.host.sys), filter_(make_filter(environment.options)), devices_(sys_, kClass) {}

  bool nothing_to_read() override { return devices_.none(); }
  Outcome outcome_of_nothing() override { return devices_.known() ? Outcome::ok : Outcome::no_data; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      Device device{{std::move(folder), kDeviceFiles, open_files_},
                    InfoLabels(kMetrics[info]),
                    {sys_, std::string(kClass) + '/' + std::string(name) + "/ports"},
                    !filter_.keeps(name)};
      device.info.set(kNameLabel, name);
      return device;
    };
    const int error = devices_.each(make, [&](std::string_view name, Device& device) {
      if (!device.ignored) {
        add_device(name, device, scrape.buffer, sink);
      }
    });
    return error == 0 ? Outcome::ok : unreadable(sink, kClass, error);
  }

 private:
  static constexpr const char* kClass = "class/infiniband";

  void add_device(std::string_view name, Device& device, platform::ReadBuffer& buffer, Sink& sink) {
    for (std::size_t i = 0; i < std::size(kDeviceFiles); ++i) {
      device.info.set(kDeviceLabels[i], attribute_text(device.attributes, i, buffer, sink));
    }
    sink.add(kMetrics[info], 1, device.info.block());
    const auto make = [&](std::string_view port, platform::Dir&& folder) {
      return Port{{std::move(folder), kPortFiles, open_files_}, {kMetrics[state], {name, port}}};
    };
    const int error =
        device.ports.each(is_number, make, [&](std::string_view, Port& port) { add_port(port, buffer, sink); });
    if (error != 0) {
      attribute_unreadable(sink, "ports", error);
    }
  }

  const platform::Dir& sys_;
  platform::Filter filter_;
  platform::OpenFiles open_files_;
  platform::Devices<Device> devices_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Infiniband>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "infiniband",
    .summary = "InfiniBand devices and their ports from /sys/class/infiniband",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::infiniband
