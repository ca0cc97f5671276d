// Multipath devices of the device mapper: /sys/block/dm-<N> (Documentation/ABI/testing/sysfs-block-dm) with
//   dm/name       mpatha
//   dm/uuid       mpath-3600508b1001c1234567890abcdef1234
//   dm/suspended  0
//   size          104857600       sectors of 512 bytes
//   slaves/       a link for each path, such as sdb
// and the state of a path, /sys/block/sdb/device/state: "running" of a good SCSI disk, "live" of NVMe.
#include <memory>
#include <string>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/dir_names.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::dmmultipath {
namespace {

enum Metric : std::size_t { info, active, size, paths, paths_active, paths_failed, path_state };

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge,
     "node_dmmultipath_device_info",
     "Names of a multipath device; the value is 1.",
     {"device", "sysfs_name", "uuid"}},
    {MetricType::gauge, "node_dmmultipath_device_active", "0 while suspended, else 1.", {"device", "sysfs_name"}},
    {MetricType::gauge, "node_dmmultipath_device_size_bytes", "Size of the device.", {"device", "sysfs_name"}},
    {MetricType::gauge, "node_dmmultipath_device_paths", "Paths to the device.", {"device", "sysfs_name"}},
    {MetricType::gauge,
     "node_dmmultipath_device_paths_active",
     "Paths whose disk is running or live.",
     {"device", "sysfs_name"}},
    {MetricType::gauge,
     "node_dmmultipath_device_paths_failed",
     "Paths whose disk is anything else.",
     {"device", "sysfs_name"}},
    {MetricType::gauge,
     "node_dmmultipath_path_state",
     "State of a path's disk; the value is 1.",
     {"device", "path", "state"}},
};

enum File : std::size_t { kName, kUuid, kSuspended, kSize };
constexpr const char* kFiles[] = {"dm/name", "dm/uuid", "dm/suspended", "size"};

constexpr std::string_view kMultipath = "mpath-";  // the start of the UUID of such devices

struct Path {
  platform::LimitedFile file;
  std::string state;
  LabelBlock labels;
};

struct Device {
  platform::Attributes attributes;
  std::string uuid;
  std::string name;
  LabelBlock labels;
  LabelBlock info_labels;
  platform::DirNames slaves;
  platform::RowCache<Path> paths;
};

class DmMultipath final : public Collector {
 public:
  explicit DmMultipath(const Environment& environment)
      : sys_(&environment.host.sys), devices_(environment.host.sys, "block") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const int error = devices_.each(
        [](std::string_view name) { return name.starts_with("dm-"); },
        [&](std::string_view, platform::Dir&& folder) { return make_device(std::move(folder), scrape.buffer); },
        [&](std::string_view sysfs_name, std::unique_ptr<Device>& device) {
          if (device && named(*device, sysfs_name, scrape.buffer, sink)) {
            write(*device, scrape.buffer, sink);
          }
        });
    return error == 0 ? Outcome::ok : unreadable(sink, "block", error);
  }

 private:
  // Nothing for a device that is certainly of another kind, such as a logical volume: there may be thousands. A UUID
  // never changes once it is there.
  std::unique_ptr<Device> make_device(platform::Dir&& folder, platform::ReadBuffer& buffer) {
    if (folder.read(kFiles[kUuid], buffer) == 0) {
      const auto uuid = platform::trim(buffer.text());
      if (!uuid.empty() && !uuid.starts_with(kMultipath)) {
        return nullptr;
      }
    }
    return std::unique_ptr<Device>(new Device{{std::move(folder), kFiles, open_files_}, {}, {}, {}, {}, {}, {}});
  }

  // Learns what the device is called. False when it is no multipath device.
  static bool named(Device& device, std::string_view sysfs_name, platform::ReadBuffer& buffer, Sink& sink) {
    if (device.uuid.empty()) {
      device.uuid = attribute_text(device.attributes, kUuid, buffer, sink);
    }
    if (!device.uuid.starts_with(kMultipath)) {
      return false;
    }
    const auto name = attribute_text(device.attributes, kName, buffer, sink);
    if (!name.empty() && name != device.name) {
      device.name = name;
      device.labels = {kMetrics[active], {name, sysfs_name}};
      device.info_labels = {kMetrics[info], {name, sysfs_name, device.uuid}};
      device.paths.clear();  // their labels hold the name
    }
    return !device.name.empty();
  }

  void write(Device& device, platform::ReadBuffer& buffer, Sink& sink) {
    sink.add(kMetrics[info], 1, device.info_labels);
    const auto suspended = attribute_text(device.attributes, kSuspended, buffer, sink);
    if (suspended == "0" || suspended == "1") {
      sink.add(kMetrics[active], suspended == "0" ? 1 : 0, device.labels);
    } else if (!suspended.empty()) {
      sink.problem(Problem::parse, kFiles[kSuspended]);
    }
    add_attribute<std::uint64_t>(kMetrics[size], device.attributes, kSize, device.labels, buffer, sink, 512);
    write_paths(device, buffer, sink);
  }

  void write_paths(Device& device, platform::ReadBuffer& buffer, Sink& sink) {
    if (const int error = device.slaves.read_kept(device.attributes.folder(), "slaves")) {
      attribute_unreadable(sink, "slaves", error);
    }
    std::size_t running = 0;
    std::size_t unknown = 0;
    device.paths.start();
    for (const auto& entry : device.slaves.entries()) {
      const std::string_view name = entry.name;
      Path& path = device.paths.at(name, [&] {
        return Path{{*sys_, "block/" + std::string(name) + "/device/state", open_files_}, {}, {}};
      });
      if (const int error = path.file.read(buffer)) {
        // A disk that is gone is no good path. Of another error we cannot say.
        unknown += platform::no_value(error) ? 0 : 1;
        attribute_unreadable(sink, path.file.name(), error);
        continue;
      }
      const auto state = platform::trim(buffer.text());
      if (state != path.state || path.labels.text().empty()) {
        path.state = state;
        path.labels = {kMetrics[path_state], {device.name, name, state}};
      }
      running += state == "running" || state == "live" ? 1 : 0;
      sink.add(kMetrics[path_state], 1, path.labels);
    }
    device.paths.finish();
    const std::size_t count = device.slaves.entries().size();
    sink.add(kMetrics[paths], count, device.labels);
    if (unknown == 0) {
      sink.add(kMetrics[paths_active], running, device.labels);
      sink.add(kMetrics[paths_failed], count - running, device.labels);
    }
  }

  const platform::Dir* sys_;
  platform::OpenFiles open_files_;
  platform::Devices<std::unique_ptr<Device>> devices_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<DmMultipath>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "dmmultipath",
    .summary = "multipath devices from /sys/block",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::dmmultipath
