// Software RAID. /proc/mdstat (md(4)) has a line for each array and indented ones below it, in blocks of 1 KiB:
//   md6 : active raid1 sdb2[2](F) sdc[1](S) sda2[0]
//         195310144 blocks [2/1] [U_]
//         [=>...................]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec
//         bitmap: 0/30 pages [0KB], 65536KB chunk
// /sys/block/md<N>/md/{raid_disks,degraded,level} hold one value each (Documentation/admin-guide/md.rst); raid_disks is
// "4 (3)", new and old, while the array is reshaped.
#include <array>
#include <cerrno>
#include <optional>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"
#include "platform/row_cache.h"
#include "platform/text.h"

namespace exporter::host::mdadm {
namespace {

enum Metric : std::size_t { state, disks, required, blocks, synced, raid_disks, degraded };

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "node_md_state", "1 for what the array does; all are 0 in a reshape.", {"device", "state"}},
    {MetricType::gauge, "node_md_disks", "Disks of the array by their condition.", {"device", "state"}},
    {MetricType::gauge, "node_md_disks_required", "Disks of the complete array, spares aside.", {"device"}},
    {MetricType::gauge, "node_md_blocks", "Size of the array in blocks of 1 KiB.", {"device"}},
    {MetricType::gauge,
     "node_md_blocks_synced",
     "Blocks done by the check or rebuild under way, else all.",
     {"device"}},
    {MetricType::gauge, "node_md_raid_disks", "Disks of the complete array, as sysfs says.", {"device"}},
    {MetricType::gauge, "node_md_degraded", "Disks that the array lacks.", {"device"}},
};

enum Activity : std::size_t { active, inactive, recovering, resync, check, other };
constexpr std::array<std::string_view, other> kActivities = {"active", "inactive", "recovering", "resync", "check"};
constexpr std::array<std::string_view, 3> kConditions = {"active", "failed", "spare"};

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// The two numbers of "(16775552/195310144)" or "[2/1]".
struct Pair {
  std::uint64_t first;
  std::uint64_t second;
};

// The first such pair between `open` and `close`.
std::optional<Pair> pair_in(std::string_view line, char open, char close) {
  while (!line.empty()) {
    platform::take(line, open);
    const auto end = line.find(close);
    if (end == std::string_view::npos) {
      break;
    }
    std::string_view inside = line.substr(0, end);
    const auto first = platform::number<std::uint64_t>(platform::take(inside, '/'));
    const auto second = platform::number<std::uint64_t>(inside);
    if (first && second) {
      return Pair{*first, *second};
    }
  }
  return std::nullopt;
}

// What the lines of an array say.
struct Array {
  std::string_view name;
  Activity activity = other;
  std::optional<std::uint64_t> active_disks;
  std::uint64_t failed = 0;
  std::uint64_t spare = 0;
  std::optional<std::uint64_t> required;
  std::optional<std::uint64_t> blocks;
  std::optional<std::uint64_t> synced;
};

// "md11 : active (auto-read-only) raid1 sdb2[0] sdc2[1] sdc3[2](F)", then "4190208 blocks super 1.2 [2/2] [UU]".
bool parse_array(std::string_view line, std::string_view below, Array& array) {
  const std::string_view whole = line;
  array.name = platform::word(line);
  if (platform::word(line) != ":") {
    return false;
  }
  const auto activity = platform::word(line);
  array.activity = activity == "active" ? active : activity == "inactive" ? inactive : other;
  auto level = platform::word(line);
  if (level.starts_with('(')) {
    level = platform::word(line);
  }
  array.failed = count(whole, "(F)");
  array.spare = count(whole, "(S)");
  std::string_view size = below;
  array.blocks = platform::number<std::uint64_t>(platform::word(size));
  if (level == "raid0" || level == "linear") {  // these run with all of their disks or not at all
    array.required = count(whole, "[");
    array.active_disks = array.required;
  } else if (array.activity == inactive) {
    array.required = 0;
    array.active_disks = 0;
  } else if (const auto disks_of = pair_in(below, '[', ']')) {
    array.required = disks_of->first;
    array.active_disks = disks_of->second;
  }
  array.synced = array.blocks;
  return !activity.empty() && array.blocks.has_value() && array.required.has_value();
}

// A line about work on the array: "[=>...]  check =  5.7% (114176/1993728) finish=..." or "resync=DELAYED".
bool parse_progress(std::string_view line, Array& array) {
  if (has(line, "bitmap:")) {
    return true;
  }
  if (has(line, "recovery")) {
    array.activity = recovering;
  } else if (has(line, "check")) {
    array.activity = check;
  } else if (has(line, "resync")) {
    array.activity = resync;
  } else if (has(line, "reshape")) {
    array.activity = other;
  } else {
    return true;
  }
  if (has(line, "DELAYED") || has(line, "PENDING")) {
    array.synced = 0;
    return true;
  }
  const auto done = pair_in(line, '(', ')');
  array.synced = done ? std::optional(done->first) : std::nullopt;
  return done || has(line, "REMOTE");  // another node of the cluster does it, how far is not known here
}

// The labels of an array.
struct Labels {
  LabelBlock device;
  std::array<LabelBlock, kActivities.size()> activities;
  std::array<LabelBlock, kConditions.size()> conditions;
};

Labels make_labels(std::string_view name) {
  Labels labels{{kMetrics[blocks], {name}}, {}, {}};
  for (std::size_t i = 0; i < kActivities.size(); ++i) {
    labels.activities[i] = {kMetrics[state], {name, kActivities[i]}};
  }
  for (std::size_t i = 0; i < kConditions.size(); ++i) {
    labels.conditions[i] = {kMetrics[disks], {name, kConditions[i]}};
  }
  return labels;
}

void write(const Array& array, const Labels& labels, Sink& sink) {
  for (std::size_t i = 0; i < kActivities.size(); ++i) {
    sink.add(kMetrics[state], array.activity == i ? 1 : 0, labels.activities[i]);
  }
  const auto add = [&sink](Metric metric, const std::optional<std::uint64_t>& value, const LabelBlock& block) {
    if (value) {
      sink.add(kMetrics[metric], *value, block);
    }
  };
  add(disks, array.active_disks, labels.conditions[0]);
  add(disks, array.failed, labels.conditions[1]);
  add(disks, array.spare, labels.conditions[2]);
  add(required, array.required, labels.device);
  add(blocks, array.blocks, labels.device);
  add(synced, array.synced, labels.device);
}

constexpr const char* kFiles[] = {"md/raid_disks", "md/degraded", "md/level"};

struct Device {
  platform::Attributes attributes;
  LabelBlock labels;
};

class Mdadm final : public Collector {
 public:
  explicit Mdadm(const Environment& environment)
      : mdstat_(environment.host.proc, "mdstat"), devices_(environment.host.sys, "block") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    if (const int error = mdstat_.read(scrape.buffer)) {
      return unreadable(sink, mdstat_.name(), error);
    }
    if (!read_mdstat(scrape.buffer.text(), sink)) {
      return Outcome::ok;  // sysfs has no array that is not in mdstat
    }
    const int error =
        devices_.each([](std::string_view name) { return name.starts_with("md"); },
                      [&](std::string_view name, platform::Dir&& folder) {
                        return Device{{std::move(folder), kFiles, open_files_}, {kMetrics[blocks], {name}}};
                      },
                      [&](std::string_view, Device& device) { read_device(device, scrape.buffer, sink); });
    if (error != 0) {
      attribute_unreadable(sink, "block", error);
    }
    return Outcome::ok;
  }

 private:
  // False when there is no array.
  bool read_mdstat(std::string_view text, Sink& sink) {
    bool any = false;
    labels_.start();
    while (!text.empty()) {
      const auto line = platform::take(text, '\n');
      if (line.empty() || platform::blank(line.front()) || line.starts_with("Personalities") ||
          line.starts_with("unused devices")) {
        continue;
      }
      any = true;
      Array array;
      // Only the lines below that are indented belong to the array.
      const bool indented = !text.empty() && platform::blank(text.front()) && text.front() != '\n';
      bool good = parse_array(line, indented ? platform::take(text, '\n') : std::string_view{}, array);
      while (!text.empty() && text.front() != '\n' && platform::blank(text.front())) {
        good = parse_progress(platform::take(text, '\n'), array) && good;
      }
      if (!good) {
        sink.problem(Problem::parse, mdstat_.name());
      }
      if (!array.name.empty() && array.blocks) {
        write(array, labels_.at(array.name, [&] { return make_labels(array.name); }), sink);
      }
    }
    labels_.finish();
    return any;
  }

  static void read_device(Device& device, platform::ReadBuffer& buffer, Sink& sink) {
    std::string_view text = attribute_text(device.attributes, 0, buffer, sink);
    if (!text.empty()) {
      if (const auto value = platform::number<std::uint64_t>(platform::word(text))) {
        sink.add(kMetrics[raid_disks], *value, device.labels);
      } else {
        sink.problem(Problem::parse, kFiles[0]);
      }
    }
    if (!add_attribute<std::uint64_t>(kMetrics[degraded], device.attributes, 1, device.labels, buffer, sink)) {
      const auto level = attribute_text(device.attributes, 2, buffer, sink);
      if (level == "raid0" || level == "linear") {  // never run with a disk missing, so they have no such file
        sink.add(kMetrics[degraded], 0, device.labels);
      }
    }
  }

  platform::KeptFile mdstat_;
  platform::RowCache<Labels> labels_;
  platform::OpenFiles open_files_;
  platform::Devices<Device> devices_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Mdadm>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "mdadm",
    .summary = "software RAID from /proc/mdstat and /sys/block",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::mdadm
