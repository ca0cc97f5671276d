// /sys/bus/pci/devices/0000:01:00.0, a link to ../../../devices/pci0000:00/0000:00:02.1/0000:01:00.0, which names the
// bridge above; one value a file (Documentation/ABI/testing/sysfs-bus-pci):
//   vendor              0x8086
//   current_link_speed  8.0 GT/s PCIe
//   power_state         D0
// The kernel reads link speeds from the device itself. Names come from pci.ids, read when a device appears.
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/pci_ids.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"

namespace exporter::host::pcidevice {
namespace {

enum Metric : std::size_t {
  max_speed,
  current_speed,
  max_width,
  current_width,
  first_count,
  numa_node = 9,
  power,
  info
};

consteval MetricDesc gauge(std::string_view name, std::string_view help) {
  return {MetricType::gauge, name, help, {"bus", "device", "function", "segment"}};
}

constexpr MetricDesc kMetrics[] = {
    gauge("node_pcidevice_max_link_transfers_per_second", "Fastest speed of the device's link, -1 when unknown."),
    gauge("node_pcidevice_current_link_transfers_per_second", "Speed of the device's link, -1 when unknown."),
    gauge("node_pcidevice_max_link_width", "Lanes that the device's link can have, -1 when unknown."),
    gauge("node_pcidevice_current_link_width", "Lanes that the device's link has, -1 when unknown."),
    gauge("node_pcidevice_d3cold_allowed", "1 when the device may be put into the power state D3cold."),
    gauge("node_pcidevice_sriov_drivers_autoprobe", "1 when drivers are bound to new virtual functions."),
    gauge("node_pcidevice_sriov_numvfs", "Virtual functions that are on."),
    gauge("node_pcidevice_sriov_totalvfs", "Virtual functions that the device can have."),
    gauge("node_pcidevice_sriov_vf_total_msix", "Interrupt vectors (MSI-X) for all virtual functions."),
    gauge("node_pcidevice_numa_node", "NUMA node that the device is nearest to."),
    {MetricType::gauge,
     "node_pcidevice_power_state",
     "1 for the power state that the device is in.",
     {"state"}},  // behind the labels of the device
    // Its labels depend on --collector.pcidevice.names, and are more than a MetricDesc takes.
    {MetricType::gauge, "node_pcidevice_info", "Always 1; the labels say which device it is."},
};

// The file of each metric but the last.
constexpr const char* kFiles[] = {
    "max_link_speed",     "current_link_speed", "max_link_width",
    "current_link_width", "d3cold_allowed",     "sriov_drivers_autoprobe",
    "sriov_numvfs",       "sriov_totalvfs",     "sriov_vf_total_msix",
    "numa_node",          "power_state",
};
static_assert(std::size(kFiles) == info && std::size(kMetrics) == info + 1);

constexpr std::string_view kPowerStates[] = {"D0", "D1", "D2", "D3hot", "D3cold", "unknown", "error"};
constexpr const char* kIdFiles[] = {"class", "vendor", "device", "subsystem_vendor", "subsystem_device", "revision"};
enum IdFile : std::size_t { class_id, vendor_id, device_id, subsystem_vendor_id, subsystem_device_id, revision, ids };
constexpr const char* kPciIdsFiles[] = {"usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids"};
constexpr double kGiga = 1e9;

constexpr OptionDesc kOptions[] = {
    {"collector.pcidevice.names", OptionType::flag, "false", "Add the names of pci.ids to the labels."},
    {"collector.pcidevice.idsfile", OptionType::text, "",
     "The file pci.ids; if not given, usr/share/misc/pci.ids or usr/share/hwdata/pci.ids under path.rootfs."},
};

// "0000:01:00.0"
struct Location {
  std::string_view segment, bus, device, function;
};

std::optional<Location> location_of(std::string_view text) {
  Location place;
  place.segment = platform::take(text, ':');
  place.bus = platform::take(text, ':');
  place.device = platform::take(text, '.');
  place.function = text;
  for (const auto part : {place.segment, place.bus, place.device, place.function}) {
    if (part.empty() || part.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
      return std::nullopt;
    }
  }
  return place;
}

bool is_location(std::string_view name) { return location_of(name).has_value(); }

// The device above, by the target of the link to the device.
Location parent_of(std::string_view target) {
  target = target.substr(0, target.rfind('/') == std::string_view::npos ? 0 : target.rfind('/'));
  const auto name = target.substr(target.rfind('/') + 1);
  return location_of(name).value_or(Location{"*", "*", "*", "*"});
}

struct Device {
  platform::Attributes attributes;
  LabelBlock labels;
  LabelBlock info;  // empty when the device does not say what it is
};

// pci.ids for as long as one walk needs it.
struct Names {
  platform::ReadBuffer text;
  std::optional<PciIds> ids;
};

void add_speed(const MetricDesc& metric, std::string_view text, const Device& device, const char* where, Sink& sink) {
  if (text.empty() || text.starts_with("Unknown")) {
    sink.add(metric, -1, device.labels);
    return;
  }
  const auto value = platform::number<double>(platform::take(text, ' '));
  if (!value || text != "GT/s PCIe") {
    sink.problem(Problem::parse, where);
    return;
  }
  sink.add(metric, *value * kGiga, device.labels);
}

// A number, or `absent` when there is none.
void add_number(const MetricDesc& metric, std::string_view text, int absent, const Device& device, const char* where,
                Sink& sink) {
  if (text.empty() || text.starts_with("Unknown")) {
    sink.add(metric, absent, device.labels);
  } else if (const auto value = platform::number<std::uint64_t>(text)) {
    sink.add(metric, *value, device.labels);
  } else {
    sink.problem(Problem::parse, where);
  }
}

void add_device(Device& device, platform::ReadBuffer& buffer, Sink& sink) {
  if (!device.info.text().empty()) {
    sink.add(kMetrics[info], 1, device.info);
  }
  for (std::size_t i = 0; i < std::size(kFiles); ++i) {
    const MetricDesc& metric = kMetrics[i];
    const auto text = attribute_text(device.attributes, i, buffer, sink);
    if (i == max_speed || i == current_speed) {
      add_speed(metric, text, device, kFiles[i], sink);
    } else if (i == power) {
      for (std::size_t state = 0; state < std::size(kPowerStates) && !text.empty(); ++state) {
        sink.add(metric, text == kPowerStates[state] ? 1 : 0, device.labels, {kPowerStates[state]});
      }
    } else if (i == numa_node) {
      if (!text.empty() && text != "-1") {
        add_number(metric, text, 0, device, kFiles[i], sink);
      }
    } else {
      add_number(metric, text, i < first_count ? -1 : 0, device, kFiles[i], sink);
    }
  }
}

class Pcidevice final : public Collector {
 public:
  explicit Pcidevice(const Environment& environment)
      : host_(environment.host),
        with_names_(environment.options.flag("collector.pcidevice.names")),
        ids_file_(environment.options.text("collector.pcidevice.idsfile")),
        devices_(host_.sys, kFolder) {}

  bool nothing_to_read() override { return devices_.none(); }
  Outcome outcome_of_nothing() override { return devices_.known() ? Outcome::ok : Outcome::no_data; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    std::unique_ptr<Names> names;  // 1.5 MB of text: gone at the end of the walk
    const auto make = [&](std::string_view name, platform::Dir&& folder) {
      if (with_names_ && !names) {
        names = load_names(sink);
      }
      const Location place = location_of(name).value_or(Location{});
      auto described = describe(name, place, folder, names.get(), scrape.buffer, sink);
      return Device{{std::move(folder), kFiles, open_files_},
                    {kMetrics[0], {place.bus, place.device, place.function, place.segment}},
                    std::move(described)};
    };
    const int error = devices_.each(is_location, make,
                                    [&](std::string_view, Device& device) { add_device(device, scrape.buffer, sink); });
    return error == 0 ? Outcome::ok : unreadable(sink, kFolder, error);
  }

 private:
  static constexpr const char* kFolder = "bus/pci/devices";

  std::unique_ptr<Names> load_names(Sink& sink) const {
    auto names = std::make_unique<Names>();
    int error = ENOENT;
    if (ids_file_.empty()) {
      for (const char* const file : kPciIdsFiles) {
        if (error != 0) {
          error = host_.root.read(file, names->text);
        }
      }
    } else {
      error = platform::Dir(".").read(ids_file_.c_str(), names->text);
    }
    if (error != 0) {
      sink.problem(error == ENOENT ? Problem::missing : Problem::io, "pci.ids", error);
      names->text.clear();
    }
    names->ids.emplace(names->text.text());
    return names;
  }

  LabelBlock describe(std::string_view name, const Location& place, const platform::Dir& folder, const Names* names,
                      platform::ReadBuffer& buffer, Sink& sink) const {
    std::array<std::string, ids> id;
    for (std::size_t i = 0; i < ids; ++i) {
      if (const int error = folder.read(kIdFiles[i], buffer)) {
        sink.problem(error == ENOENT ? Problem::missing : Problem::io, kIdFiles[i], error);
        return {};
      }
      id[i] = platform::trim(buffer.text());
      if (!id[i].starts_with("0x") || !platform::hex_number<std::uint32_t>(id[i])) {
        sink.problem(Problem::parse, kIdFiles[i]);
        return {};
      }
    }
    std::string target;
    (void)host_.sys.link((std::string(kFolder) + '/' + std::string(name)).c_str(), target);
    const Location parent = parent_of(target);
    const Label labels[] = {{"segment", place.segment},
                            {"bus", place.bus},
                            {"device", place.device},
                            {"function", place.function},
                            {"parent_segment", parent.segment},
                            {"parent_bus", parent.bus},
                            {"parent_device", parent.device},
                            {"parent_function", parent.function},
                            {"class_id", id[class_id]},
                            {"vendor_id", id[vendor_id]},
                            {"device_id", id[device_id]},
                            {"subsystem_vendor_id", id[subsystem_vendor_id]},
                            {"subsystem_device_id", id[subsystem_device_id]},
                            {"revision", id[revision]}};
    LabelBlock block(labels);
    if (names != nullptr) {
      append_names(block, *names->ids, id);
    }
    return block;
  }

  // What has no name shows its number.
  static void append_names(LabelBlock& block, const PciIds& pci, const std::array<std::string, ids>& id) {
    const auto digits = [&](IdFile which) { return std::string_view(id[which]).substr(2); };
    const auto append = [&](std::string_view label, std::string_view name, std::string_view number) {
      block.append(label, name.empty() ? number : name);
    };
    const auto vendor = digits(vendor_id);
    const auto device = digits(device_id);
    const std::string subsystem =
        std::string(digits(subsystem_vendor_id)).append(" ").append(digits(subsystem_device_id));
    append("vendor_name", pci.vendor(vendor), vendor);
    append("device_name", pci.device(vendor, device), device);
    append("subsystem_vendor_name", pci.vendor(digits(subsystem_vendor_id)), digits(subsystem_vendor_id));
    append("subsystem_device_name", pci.subsystem(vendor, device, subsystem), digits(subsystem_device_id));
    append("class_name", pci.class_name(digits(class_id)), "Unknown class (" + id[class_id].substr(2) + ")");
  }

  const platform::Host& host_;
  bool with_names_;
  std::string ids_file_;
  platform::OpenFiles open_files_;
  platform::Devices<Device> devices_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Pcidevice>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "pcidevice",
    .summary = "PCI devices from /sys/bus/pci/devices",
    .module = Module::node,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::pcidevice
