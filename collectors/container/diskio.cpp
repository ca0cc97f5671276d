// Reads and writes per control group and device.
//
// Version 2, io.stat: "254:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0 [cost.usage=12 ...]" (cgroup-v2.rst).
// Version 1, blkio.throttle.io_service_bytes_recursive and its kin, by I/O scheduler: "254:0 Read 4096\n...\nTotal
// 4096". /proc/diskstats for "/": "254 0 vda 1 0 8 2 0 0 0 0 0 2 2" (proc_diskstats(5)).
//
// cAdvisor repeats the machine's /proc/diskstats on every container and divides its milliseconds by 1e9. Here these
// families show a container's own numbers where the I/O scheduler counts them, and the machine's whole disks, in
// seconds, on "/" only.
#include <algorithm>
#include <array>
#include <cerrno>

#include "collectors/container/block_devices.h"
#include "collectors/container/diskio_metrics.h"
#include "collectors/container/inventory.h"
#include "platform/host.h"

namespace exporter::container::diskio {
namespace {

// Where the numbers of version 1 are, best first; the schedulers' files stay without devices while unused.
struct FileSet {
  const char* bytes;
  const char* serviced;
  const char* merged;
  const char* time;
  const char* queued;
};
constexpr FileSet kSets[] = {
    {"blkio.bfq.io_service_bytes_recursive", "blkio.bfq.io_serviced_recursive", "blkio.bfq.io_merged_recursive",
     "blkio.bfq.io_service_time_recursive", "blkio.bfq.io_queued_recursive"},
    {"blkio.io_service_bytes_recursive", "blkio.io_serviced_recursive", "blkio.io_merged_recursive",
     "blkio.io_service_time_recursive", "blkio.io_queued_recursive"},
    {"blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_serviced_recursive", nullptr, nullptr, nullptr},
    {"blkio.throttle.io_service_bytes", "blkio.throttle.io_serviced", nullptr, nullptr, nullptr},
};

constexpr OptionDesc kOptions[] = {
    {"container.device-include", OptionType::regex, "", "Block devices that are shown, by their names below /dev."},
    {"container.device-exclude", OptionType::regex, "", "Block devices that are not shown."},
};

// One operation of a version 1 file, or one key of io.stat.
struct Field {
  std::string_view key;
  std::size_t metric;
  double divisor;  // 1: whole numbers
};
constexpr Field kBytes[] = {{"Read", 0, 1}, {"Write", 1, 1}};
constexpr Field kServiced[] = {{"Read", 2, 1}, {"Write", 3, 1}};
constexpr Field kMerged[] = {{"Read", 4, 1}, {"Write", 5, 1}};
constexpr Field kTime[] = {{"Read", 8, 1e9}, {"Write", 9, 1e9}, {"Total", 11, 1e9}};
constexpr Field kQueued[] = {{"Total", 10, 1}};
constexpr Field kIoStat[] = {
    {"rbytes", 0, 1},        {"wbytes", 1, 1},       {"rios", 2, 1},           {"wios", 3, 1},
    {"cost.usage", 13, 1e6}, {"cost.wait", 14, 1e6}, {"cost.indebt", 15, 1e6}, {"cost.indelay", 16, 1e6},
};
// The columns of /proc/diskstats after the name. Reads and writes count only where the root group has no numbers.
constexpr Field kDiskColumns[] = {
    {"", 2, 1}, {"", 4, 1},   {"", 6, 1},  {"", 8, 1e3},  {"", 3, 1},    {"", 5, 1},
    {"", 7, 1}, {"", 9, 1e3}, {"", 10, 1}, {"", 11, 1e3}, {"", 12, 1e3},
};
constexpr std::size_t kFirstOfDisks = 4;  // the families before it are the groups' own

Value scaled(std::uint64_t value, double divisor) {
  return divisor == 1 ? Value(value) : Value(static_cast<double>(value) / divisor);
}

class DiskIo final : public Collector {
 public:
  explicit DiskIo(const Environment& environment)
      : inventory_(environment.shared.get<Inventory>(environment)),
        devices_(environment.host.sys, filter_of(environment.options, "container.device-")),
        diskstats_(environment.host.proc, "diskstats"),
        v2_(inventory_.tree().v2(Inventory::Controller::blkio)) {
    auto& tree = inventory_.tree();
    const auto file = [&](const char* name) {
      return tree.file(Inventory::Controller::blkio, name, Inventory::Reading::whole);
    };
    if (v2_) {
      io_stat_ = file("io.stat");
      return;
    }
    for (const FileSet& names : kSets) {
      Set& set = sets_[set_count_];
      // The root group has what the kernel was built with.
      const auto has = [&](const FileSet& of) { return tree.root_has(Inventory::Controller::blkio, of.bytes); };
      // The last one leaves out the groups below, so it is read only where the kernel has no sums.
      if (!has(names) || (&names == &kSets[3] && has(kSets[2]))) {
        continue;
      }
      set.bytes = file(names.bytes);
      set.serviced = file(names.serviced);
      set.scheduler = names.merged != nullptr && tree.root_has(Inventory::Controller::blkio, names.merged);
      if (set.scheduler) {
        set.merged = file(names.merged);
        set.time = file(names.time);
        set.queued = file(names.queued);
      }
      ++set_count_;
    }
  }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (!inventory_.refresh(scrape, sink)) {
      return Outcome::no_data;
    }
    if (!v2_) {
      find_active(scrape, sink);
    }
    for (Container* const container : inventory_.usage()) {
      const bool counted =
          v2_ ? inventory_.read(*container, io_stat_, scrape, sink) && io_stat(*container, scrape, sink)
              : blkio(*container, scrape, sink);
      if (container->is_root()) {
        disks(*container, counted, scrape, sink);
      }
    }
    devices_.forget_unseen(scrape.generation);
    return Outcome::ok;
  }

 private:
  struct Set {
    Inventory::FileId bytes = 0;
    Inventory::FileId serviced = 0;
    Inventory::FileId merged = 0;
    Inventory::FileId time = 0;
    Inventory::FileId queued = 0;
    bool scheduler = false;
    bool active = true;
  };

  // A device that is counted by a set stands in the root group's file as well, with the numbers of all groups. So a set
  // without any there has none anywhere, and is not opened for each group.
  void find_active(const Scrape& scrape, Sink& sink) {
    const auto groups = inventory_.shown();
    if (groups.empty() || !groups.front()->is_root()) {
      return;
    }
    for (std::size_t i = 0; i < set_count_; ++i) {
      sets_[i].active = !inventory_.read(*groups.front(), sets_[i].bytes, scrape, sink) ||
                        (!scrape.buffer.text().empty() && !scrape.buffer.text().starts_with("Total"));
    }
  }

  // These say whether the group has numbers of any device.
  bool blkio(Container& container, const Scrape& scrape, Sink& sink) {
    // Remembered per group: schedulers are rarely changed, and a group without I/O has no numbers in any set.
    if (container.disk_files < set_count_ && blkio_set(container, sets_[container.disk_files], scrape, sink)) {
      return true;
    }
    for (std::size_t i = 0; i < set_count_; ++i) {
      if (i != container.disk_files && blkio_set(container, sets_[i], scrape, sink)) {
        container.disk_files = static_cast<std::uint8_t>(i);
        return true;
      }
    }
    return false;
  }

  bool blkio_set(Container& container, const Set& set, const Scrape& scrape, Sink& sink) {
    if (!set.active || !inventory_.read(container, set.bytes, scrape, sink) ||
        !operations(container, kBytes, true, scrape, sink)) {
      return false;
    }
    const auto more = [&](Inventory::FileId file, std::span<const Field> fields) {
      if (inventory_.read(container, file, scrape, sink)) {
        operations(container, fields, false, scrape, sink);
      }
    };
    more(set.serviced, kServiced);
    if (set.scheduler && !container.is_root()) {
      more(set.merged, kMerged);
      more(set.time, kTime);
      more(set.queued, kQueued);
    }
    return true;
  }

  bool operations(const Container& container, std::span<const Field> fields, bool device_usage, const Scrape& scrape,
                  Sink& sink) {
    bool any = false;
    for (std::string_view text = scrape.buffer.text(); !text.empty();) {
      std::string_view line = platform::take(text, '\n');
      const auto number = platform::take(line, ' ');
      const auto operation = platform::take(line, ' ');
      if (number == "Total") {
        continue;  // over all devices
      }
      const auto value = platform::number<std::uint64_t>(line);
      const BlockDevice* const device = value ? devices_.find(number, scrape.generation) : nullptr;
      if (device == nullptr) {
        sink.problem(Problem::parse, container.cgroup->path());
        continue;
      }
      any = true;
      if (!device->shown) {
        continue;
      }
      for (const Field& field : fields) {
        if (field.key == operation) {
          sink.add(kMetrics[field.metric], scaled(*value, field.divisor), container.labels, {device->path});
        }
      }
      if (device_usage) {
        sink.add(kDeviceUsage, *value, container.labels, {device->path, device->major, device->minor, operation});
      }
    }
    return any;
  }

  bool io_stat(const Container& container, const Scrape& scrape, Sink& sink) {
    bool any = false;
    const BlockDevice* device = nullptr;
    std::string_view text = scrape.buffer.text();
    for (auto word = platform::word(text); !word.empty(); word = platform::word(text)) {
      std::string_view value_text = word;
      const auto key = platform::take(value_text, '=');
      if (key.size() == word.size()) {  // a device; some kernels put several on a line
        device = devices_.find(word, scrape.generation);
        if (device == nullptr) {
          sink.problem(Problem::parse, container.cgroup->path());
        }
        continue;
      }
      for (const Field& field : kIoStat) {
        if (device == nullptr || field.key != key) {
          continue;
        }
        const auto value = platform::number<std::uint64_t>(value_text);
        if (!value) {
          sink.problem(Problem::parse, container.cgroup->path());
          continue;
        }
        any = true;
        if (!device->shown) {
          continue;
        }
        sink.add(kMetrics[field.metric], scaled(*value, field.divisor), container.labels, {device->path});
        if (field.metric < 2) {
          sink.add(kDeviceUsage, *value, container.labels,
                   {device->path, device->major, device->minor, field.metric == 0 ? "Read" : "Write"});
        }
      }
    }
    return any;
  }

  void disks(const Container& root, bool counted, const Scrape& scrape, Sink& sink) {
    if (const int error = diskstats_.read(scrape.buffer)) {
      if (error != ENOENT) {
        sink.problem(Problem::io, diskstats_.name(), error);
      }
      return;
    }
    for (std::string_view text = scrape.buffer.text(); !text.empty();) {
      if (!disk(root, counted, platform::take(text, '\n'), scrape.generation, sink)) {
        sink.problem(Problem::parse, diskstats_.name());
      }
    }
  }

  bool disk(const Container& root, bool counted, std::string_view line, std::uint64_t generation, Sink& sink) {
    std::array<char, 24> number;
    const auto major = platform::word(line);
    const auto minor = platform::word(line);
    const auto name = platform::word(line);
    if (major.empty() || name.empty() || major.size() + minor.size() + 1 > number.size()) {
      return false;
    }
    if (name.starts_with("loop") || name.starts_with("ram")) {
      return true;
    }
    std::array<std::uint64_t, std::size(kDiskColumns)> values{};
    bool used = false;
    for (auto& value : values) {
      const auto column = platform::number<std::uint64_t>(platform::word(line));
      if (!column) {
        return false;
      }
      value = *column;
      used = used || value != 0;
    }
    char* end = std::copy(major.begin(), major.end(), number.data());
    *end++ = ':';
    end = std::copy(minor.begin(), minor.end(), end);
    const BlockDevice* const device =
        devices_.find({number.data(), static_cast<std::size_t>(end - number.data())}, generation);
    if (device == nullptr) {
      return false;
    }
    if (!used || device->partition || !device->shown) {
      return true;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Field& column = kDiskColumns[i];
      if (!counted || column.metric >= kFirstOfDisks) {
        sink.add(kMetrics[column.metric], scaled(values[i], column.divisor), root.labels, {device->path});
      }
    }
    for (const auto& [sectors, bytes] : {std::pair{2, 0}, std::pair{6, 1}}) {
      const std::uint64_t count = values[static_cast<std::size_t>(sectors)];
      if (!counted && count <= UINT64_MAX / 512) {
        sink.add(kMetrics[bytes], count * 512, root.labels, {device->path});
      }
    }
    return true;
  }

  Inventory& inventory_;
  BlockDevices devices_;
  platform::KeptFile diskstats_;
  bool v2_;
  Inventory::FileId io_stat_ = 0;
  std::array<Set, std::size(kSets)> sets_;
  std::size_t set_count_ = 0;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<DiskIo>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "container.diskio",
    .summary = "reads and writes per control group and device",
    .module = Module::container,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::container::diskio
