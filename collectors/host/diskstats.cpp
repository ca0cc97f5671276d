// /proc/diskstats: "   8       0 sda 25354637 34367663 1003346126 18492372 28444756 ..." with 11 numbers, 15 since
// Linux 4.18, 17 since 5.5 (Documentation/admin-guide/iostats.rst); udev's data as described in disk_udev.h
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/host/disk_udev.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/host.h"
#include "platform/regex.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::diskstats {
namespace {

// The columns of the file come first, in its order.
constexpr MetricDesc kMetrics[] = {
    {MetricType::counter, "node_disk_reads_completed_total", "Reads that were completed.", {"device"}},
    {MetricType::counter, "node_disk_reads_merged_total", "Reads that were merged with a neighbour.", {"device"}},
    {MetricType::counter, "node_disk_read_bytes_total", "Bytes that were read.", {"device"}},
    {MetricType::counter, "node_disk_read_time_seconds_total", "Time that all reads took together.", {"device"}},
    {MetricType::counter, "node_disk_writes_completed_total", "Writes that were completed.", {"device"}},
    {MetricType::counter, "node_disk_writes_merged_total", "Writes that were merged with a neighbour.", {"device"}},
    {MetricType::counter, "node_disk_written_bytes_total", "Bytes that were written.", {"device"}},
    {MetricType::counter, "node_disk_write_time_seconds_total", "Time that all writes took together.", {"device"}},
    {MetricType::gauge, "node_disk_io_now", "Requests in progress.", {"device"}},
    {MetricType::counter, "node_disk_io_time_seconds_total", "Time with at least one request in progress.", {"device"}},
    {MetricType::counter,
     "node_disk_io_time_weighted_seconds_total",
     "Time with requests in progress, times their number.",
     {"device"}},
    {MetricType::counter, "node_disk_discards_completed_total", "Discards that were completed.", {"device"}},
    {MetricType::counter, "node_disk_discards_merged_total", "Discards that were merged with a neighbour.", {"device"}},
    {MetricType::counter, "node_disk_discarded_sectors_total", "Sectors of 512 bytes that were discarded.", {"device"}},
    {MetricType::counter, "node_disk_discard_time_seconds_total", "Time that all discards took together.", {"device"}},
    {MetricType::counter, "node_disk_flush_requests_total", "Flushes that were completed.", {"device"}},
    {MetricType::counter,
     "node_disk_flush_requests_time_seconds_total",
     "Time that all flushes took together.",
     {"device"}},
    {MetricType::gauge,
     "node_disk_info",
     "Always 1; the labels describe the block device.",
     {"device", "major", "minor", "model", "path", "revision", "rotational", "serial", "wwn"}},
    {MetricType::gauge,
     "node_disk_filesystem_info",
     "Always 1; the file system that udev found on the device.",
     {"device", "type", "usage", "uuid", "version"}},
    {MetricType::gauge,
     "node_disk_device_mapper_info",
     "Always 1; what the device is to the device mapper.",
     {"device", "lv_layer", "lv_name", "name", "uuid", "vg_name"}},
    {MetricType::gauge, "node_disk_ata_write_cache", "1 when the ATA disk has a write cache.", {"device"}},
    {MetricType::gauge, "node_disk_ata_write_cache_enabled", "1 when the ATA disk uses its write cache.", {"device"}},
    {MetricType::gauge,
     "node_disk_ata_rotation_rate_rpm",
     "Rotations per minute of the ATA disk, 0 for none.",
     {"device"}},
};

enum class Unit : std::uint8_t { one, sectors, milliseconds };
constexpr std::array<Unit, 17> kUnits{
    Unit::one, Unit::one,          Unit::sectors,      Unit::milliseconds,  // reads
    Unit::one, Unit::one,          Unit::sectors,      Unit::milliseconds,  // writes
    Unit::one, Unit::milliseconds, Unit::milliseconds,                      // all
    Unit::one, Unit::one,          Unit::one,          Unit::milliseconds,  // discards, their sectors stay sectors
    Unit::one, Unit::milliseconds,                                          // flushes
};
constexpr std::size_t kLeastColumns = 11;
constexpr std::uint64_t kSectorBytes = 512;
enum Description : std::size_t { info = kUnits.size(), filesystem, mapper, write_cache, write_cache_enabled, rotation };

constexpr OptionDesc kOptions[] = {
    {"collector.diskstats.device-exclude", OptionType::regex, R"(^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$)",
     "block devices to leave out (not with device-include)"},
    {"collector.diskstats.device-include", OptionType::regex, "", "block devices to show (not with device-exclude)"},
    {.name = "collector.diskstats.ignored-devices",
     .type = OptionType::regex,
     .default_value = "",
     .help = "old name of device-exclude",
     .hidden = true,
     .notice = "use collector.diskstats.device-exclude"},
};

platform::Filter make_filter(const Options& options) {
  const std::string* exclude = &options.text("collector.diskstats.device-exclude");
  const std::string& include = options.text("collector.diskstats.device-include");
  const std::string& old = options.text("collector.diskstats.ignored-devices");
  bool chosen = options.given("collector.diskstats.device-exclude");
  if (!old.empty()) {
    if (chosen) {
      throw OptionError("collector.diskstats.ignored-devices is the old name of device-exclude: give one of them");
    }
    exclude = &old;
    chosen = true;
  }
  platform::Filter filter;
  if (!include.empty()) {
    if (chosen && !exclude->empty()) {
      throw OptionError("collector.diskstats: device-include and device-exclude cannot be used together");
    }
    filter.include = platform::Pattern(include);
  } else if (!exclude->empty()) {
    filter.exclude = platform::Pattern(*exclude);
  }
  return filter;
}

struct Device {
  LabelBlock labels;
  std::optional<DiskUdev> udev;  // only of devices that are shown
};

class Diskstats final : public Collector {
 public:
  explicit Diskstats(const Environment& environment)
      : host_(environment.host), file_(environment.host.proc, "diskstats"), filter_(make_filter(environment.options)) {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = file_.read(scrape.buffer)) {
      return unreadable(sink, file_.name(), error);
    }
    std::string_view text = scrape.buffer.text();
    look_ = watch_.changed(host_.udev);
    devices_.start();
    while (!text.empty()) {
      add_line(sink, platform::take(text, '\n'));
    }
    devices_.finish();
    return Outcome::ok;
  }

 private:
  void add_line(Sink& sink, std::string_view line) {
    std::string_view rest = line;
    const auto major = platform::word(rest);
    const auto minor = platform::word(rest);
    const auto name = platform::word(rest);
    if (name.empty()) {
      if (!major.empty()) {
        sink.problem(Problem::parse, file_.name());
      }
      return;
    }
    // Numbers and name together: a name may come back as another device.
    const auto key = line.substr(0, line.size() - rest.size());
    Device& device = devices_.at(key, [&] { return make_device(major, minor, name); });
    if (device.udev && add_counters(sink, device, rest)) {
      add_descriptions(sink, device);
    }
  }

  Device make_device(std::string_view major, std::string_view minor, std::string_view name) const {
    Device device;
    if (filter_.keeps(name)) {
      device.labels.append("device", name);
      device.udev.emplace(major, minor, name);
    }
    return device;
  }

  // False when the line is not one of this file.
  bool add_counters(Sink& sink, const Device& device, std::string_view rest) const {
    std::array<std::string_view, kUnits.size()> words;
    std::size_t count = 0;
    while (count < words.size() && !(words[count] = platform::word(rest)).empty()) {
      ++count;
    }
    if (count < kLeastColumns) {
      sink.problem(Problem::parse, file_.name());
      return false;
    }
    for (std::size_t i = 0; i < count; ++i) {
      add_counter(sink, i, device, words[i]);
    }
    return true;
  }

  static void add_counter(Sink& sink, std::size_t column, const Device& device, std::string_view word) {
    const MetricDesc& metric = kMetrics[column];
    auto value = platform::number<std::uint64_t>(word);
    if (!value || (kUnits[column] == Unit::sectors && __builtin_mul_overflow(*value, kSectorBytes, &*value))) {
      sink.problem(Problem::parse, metric.name);
    } else if (kUnits[column] == Unit::milliseconds) {
      sink.add(metric, static_cast<double>(*value) / 1000, device.labels);
    } else {
      sink.add(metric, *value, device.labels);
    }
  }

  void add_descriptions(Sink& sink, Device& device) const {
    DiskUdev& udev = *device.udev;
    udev.refresh(host_, look_);
    sink.add(kMetrics[info], 1, udev.info());
    if (!udev.filesystem().text().empty()) {
      sink.add(kMetrics[filesystem], 1, udev.filesystem());
    }
    if (!udev.mapper().text().empty()) {
      sink.add(kMetrics[mapper], 1, udev.mapper());
    }
    if (const auto value = udev.write_cache()) {
      sink.add(kMetrics[write_cache], *value, device.labels);
    }
    if (const auto value = udev.write_cache_enabled()) {
      sink.add(kMetrics[write_cache_enabled], *value, device.labels);
    }
    if (const auto value = udev.rotation_rate()) {
      sink.add(kMetrics[rotation], *value, device.labels);
    }
  }

  const platform::Host& host_;
  platform::KeptFile file_;
  platform::Filter filter_;
  platform::RowCache<Device> devices_;
  UdevWatch watch_;
  bool look_ = true;  // in this scrape
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Diskstats>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "diskstats",
    .summary = "input and output of block devices from /proc/diskstats",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::diskstats
