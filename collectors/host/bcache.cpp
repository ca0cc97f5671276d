// Sets of caches, /sys/fs/bcache/<uuid>/, with the devices behind them, bdev<N>/, and the caches, cache<N>/
// (Documentation/admin-guide/bcache.rst). A file holds one value, rounded for people where it is a size, but for
// writeback_rate_debug:
//   rate:           1.1M/sec
//   target:         20.4G
//   change:         321.5k/sec
// and priority_stats, for which the kernel sorts all buckets of the cache:
//   Unused:         99%
#include <array>
#include <memory>
#include <optional>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/human_size.h"
#include "collectors/host/keyed_lines.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::bcache {
namespace {

constexpr auto kGauge = MetricType::gauge;
constexpr auto kCounter = MetricType::counter;

// The first ones in the order of kSetFiles, kBackingFiles, kWritebackKeys, kCacheFiles and kPriorityKeys.
constexpr MetricDesc kMetrics[] = {
    {kGauge, "node_bcache_active_journal_entries", "Journal entries that are newer than the index.", {"uuid"}},
    {kGauge, "node_bcache_average_key_size_sectors", "Average data of a key of the index, in sectors.", {"uuid"}},
    {kGauge, "node_bcache_btree_cache_size_bytes", "Memory that holds nodes of the index.", {"uuid"}},
    {kGauge, "node_bcache_btree_nodes", "Nodes of the index in memory.", {"uuid"}},
    {kGauge, "node_bcache_btree_read_average_duration_seconds", "Average time to read a node.", {"uuid"}},
    {kGauge,
     "node_bcache_cache_available_percent",
     "Share of the cache that could be written without waiting.",
     {"uuid"}},
    {kCounter, "node_bcache_cache_read_races_total", "Reads whose bucket was reused meanwhile.", {"uuid"}},
    {kGauge, "node_bcache_congested", "How congested the cache is.", {"uuid"}},
    {kGauge, "node_bcache_root_usage_percent", "Share of the root node of the index in use.", {"uuid"}},
    {kGauge, "node_bcache_tree_depth", "Depth of the index below its root.", {"uuid"}},

    {kCounter, "node_bcache_bypassed_bytes_total", "Bytes that went past the cache.", {"backing_device", "uuid"}},
    {kCounter, "node_bcache_cache_hits_total", "Reads and writes the cache served.", {"backing_device", "uuid"}},
    {kCounter, "node_bcache_cache_misses_total", "Reads and writes it did not serve.", {"backing_device", "uuid"}},
    {kCounter,
     "node_bcache_cache_bypass_hits_total",
     "Hits among what was to go past the cache.",
     {"backing_device", "uuid"}},
    {kCounter,
     "node_bcache_cache_bypass_misses_total",
     "Misses among what was to go past the cache.",
     {"backing_device", "uuid"}},
    {kCounter,
     "node_bcache_cache_miss_collisions_total",
     "Data not cached because it was written meanwhile.",
     {"backing_device", "uuid"}},
    {kCounter,
     "node_bcache_cache_readaheads_total",
     "Reads ahead; shown once there are any.",
     {"backing_device", "uuid"}},
    {kGauge, "node_bcache_dirty_data_bytes", "Data of the device that only the cache has.", {"backing_device", "uuid"}},

    {kGauge, "node_bcache_dirty_target_bytes", "Such data that is aimed at.", {"backing_device", "uuid"}},
    {kGauge, "node_bcache_writeback_rate", "Bytes a second that may be written back.", {"backing_device", "uuid"}},
    {kGauge,
     "node_bcache_writeback_rate_proportional_term",
     "Part of the rate that follows the distance from the target.",
     {"backing_device", "uuid"}},
    {kGauge,
     "node_bcache_writeback_rate_integral_term",
     "Part of the rate that follows the distance over time.",
     {"backing_device", "uuid"}},
    {kGauge, "node_bcache_writeback_change", "Last change of the rate.", {"backing_device", "uuid"}},

    {kGauge, "node_bcache_io_errors", "Errors of the cache; the kernel lets them fade.", {"cache_device", "uuid"}},
    {kCounter, "node_bcache_metadata_written_bytes_total", "Bytes written but for data.", {"cache_device", "uuid"}},
    {kCounter, "node_bcache_written_bytes_total", "Bytes of data written to the cache.", {"cache_device", "uuid"}},

    {kGauge, "node_bcache_priority_stats_unused_percent", "Share of the cache without data.", {"cache_device", "uuid"}},
    {kGauge, "node_bcache_priority_stats_metadata_percent", "Share of the index.", {"cache_device", "uuid"}},
};

constexpr const char* kSetFiles[] = {
    "internal/active_journal_entries",
    "average_key_size",
    "btree_cache_size",
    "internal/btree_nodes",
    "internal/btree_read_average_duration_us",
    "cache_available_percent",
    "internal/cache_read_races",
    "congested",
    "root_usage_percent",
    "tree_depth",
};
constexpr std::size_t kReadDuration = 4;  // the one in microseconds

constexpr const char* kBackingFiles[] = {
    "stats_total/bypassed",
    "stats_total/cache_hits",
    "stats_total/cache_misses",
    "stats_total/cache_bypass_hits",
    "stats_total/cache_bypass_misses",
    "stats_total/cache_miss_collisions",
    "stats_total/cache_readaheads",
    "dirty_data",
    "writeback_rate_debug",
};
constexpr std::size_t kReadaheads = 6;
constexpr std::size_t kWriteback = 8;  // the last one, not a value but lines
constexpr std::array<std::string_view, 5> kWritebackKeys = {"target", "rate", "proportional", "integral", "change"};

constexpr const char* kCacheFiles[] = {"io_errors", "metadata_written", "written", "priority_stats"};
constexpr std::size_t kPriority = 3;  // the last one, lines as well
constexpr std::array<std::string_view, 2> kPriorityKeys = {"Unused", "Metadata"};

constexpr std::size_t kFirstBacking = std::size(kSetFiles);
constexpr std::size_t kFirstWriteback = kFirstBacking + kWriteback;
constexpr std::size_t kFirstCache = kFirstWriteback + kWritebackKeys.size();
constexpr std::size_t kFirstPriority = kFirstCache + kPriority;
static_assert(kFirstPriority + kPriorityKeys.size() == std::size(kMetrics));

constexpr OptionDesc kOptions[] = {
    {"collector.bcache.priorityStats", OptionType::flag, "false", "Read priority_stats as well, which costs time."},
};

// A device behind the cache or a cache.
struct Member {
  platform::Attributes attributes;
  LabelBlock labels;
  bool backing;
};

bool is_member(std::string_view name, std::string_view kind) {
  return name.starts_with(kind) && name.size() > kind.size() && name[kind.size()] >= '0' && name[kind.size()] <= '9';
}
bool is_backing(std::string_view name) { return is_member(name, "bdev"); }
bool is_cache(std::string_view name) { return is_member(name, "cache"); }

std::optional<Value> size_in(std::string_view text) {
  if (const auto per_second = text.find("/sec"); per_second != std::string_view::npos) {
    text = text.substr(0, per_second);
  }
  return human_size(text, Fraction::bcache);
}

// A set stays where it is made: members_ refers to its folder.
class Set {
 public:
  Set(std::string_view uuid, platform::Dir&& folder, platform::OpenFiles& open_files)
      : uuid_(uuid),
        open_files_(&open_files),
        attributes_(std::move(folder), kSetFiles, open_files),
        labels_(kMetrics[0], {uuid}),
        members_(attributes_.folder(), ".") {}

  void write(bool priorities, platform::ReadBuffer& buffer, Sink& sink) {
    for (std::size_t i = 0; i < std::size(kSetFiles); ++i) {
      if (i == kReadDuration) {
        add_attribute<std::uint64_t>(kMetrics[i], attributes_, i, labels_, buffer, sink, 1e-6);
      } else {
        add_size(kMetrics[i], attributes_, i, labels_, buffer, sink);
      }
    }
    members_.each([](std::string_view name) { return is_backing(name) || is_cache(name); },
                  [&](std::string_view name, platform::Dir&& member) { return make(name, std::move(member)); },
                  [&](std::string_view, Member& member) {
                    if (member.backing) {
                      write_backing(member, buffer, sink);
                    } else {
                      write_cache(member, priorities, buffer, sink);
                    }
                  });
  }

 private:
  Member make(std::string_view name, platform::Dir&& folder) {
    const bool backing = is_backing(name);
    const std::span<const char* const> files =
        backing ? std::span<const char* const>(kBackingFiles) : std::span<const char* const>(kCacheFiles);
    return {{std::move(folder), files, *open_files_},
            {kMetrics[backing ? kFirstBacking : kFirstCache], {name, uuid_}},
            backing};
  }

  static void add_size(const MetricDesc& metric, platform::Attributes& attributes, std::size_t index,
                       const LabelBlock& labels, platform::ReadBuffer& buffer, Sink& sink) {
    const auto text = attribute_text(attributes, index, buffer, sink);
    if (text.empty()) {
      return;
    }
    if (const auto value = size_in(text)) {
      sink.add(metric, *value, labels);
    } else {
      sink.problem(Problem::parse, attributes.name(index));
    }
  }

  static void write_backing(Member& member, platform::ReadBuffer& buffer, Sink& sink) {
    for (std::size_t i = 0; i < kWriteback; ++i) {
      if (i == kReadaheads && attribute_text(member.attributes, i, buffer, sink) == "0") {
        continue;  // what kernels that read ahead no more and still have the file say
      }
      add_size(kMetrics[kFirstBacking + i], member.attributes, i, member.labels, buffer, sink);
    }
    add_lines(kWritebackKeys, kFirstWriteback, member, kWriteback, buffer, sink);
  }

  static void write_cache(Member& member, bool priorities, platform::ReadBuffer& buffer, Sink& sink) {
    for (std::size_t i = 0; i < kPriority; ++i) {
      add_size(kMetrics[kFirstCache + i], member.attributes, i, member.labels, buffer, sink);
    }
    if (priorities) {
      add_lines(kPriorityKeys, kFirstPriority, member, kPriority, buffer, sink);
    }
  }

  // A sample for each line of an attribute whose key is in `keys`; the metrics are in their order from `first` on.
  static void add_lines(std::span<const std::string_view> keys, std::size_t first, Member& member, std::size_t index,
                        platform::ReadBuffer& buffer, Sink& sink) {
    each_line(attribute_text(member.attributes, index, buffer, sink), ':',
              [&](std::string_view key, std::string_view text) {
                for (std::size_t i = 0; i < keys.size(); ++i) {
                  if (key != keys[i]) {
                    continue;
                  }
                  if (text.ends_with('%')) {
                    text.remove_suffix(1);
                  }
                  if (const auto value = size_in(text)) {
                    sink.add(kMetrics[first + i], *value, member.labels);
                  } else {
                    sink.problem(Problem::parse, member.attributes.name(index));
                  }
                }
              });
  }

  std::string uuid_;
  platform::OpenFiles* open_files_;
  platform::Attributes attributes_;
  LabelBlock labels_;
  platform::Devices<Member> members_;
};

// Beside the sets lie the files that register devices.
bool is_set(std::string_view name) { return name.find('-') != std::string_view::npos; }

class Bcache final : public Collector {
 public:
  explicit Bcache(const Environment& environment)
      : priorities_(environment.options.flag("collector.bcache.priorityStats")),
        sets_(environment.host.sys, "fs/bcache") {}

  // Some values wait for the lock of the cache's allocator.
  bool nothing_to_read() override { return sets_.none(is_set); }
  Outcome outcome_of_nothing() override { return Outcome::ok; }

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const int error = sets_.each(
        is_set,
        [&](std::string_view name, platform::Dir&& folder) {
          return std::make_unique<Set>(name, std::move(folder), open_files_);
        },
        [&](std::string_view, std::unique_ptr<Set>& set) { set->write(priorities_, scrape.buffer, sink); });
    return error == 0 || error == ENOENT ? Outcome::ok : unreadable(sink, "fs/bcache", error);
  }

 private:
  bool priorities_;
  platform::OpenFiles open_files_;
  platform::Devices<std::unique_ptr<Set>> sets_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Bcache>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "bcache",
    .summary = "caches of block devices from /sys/fs/bcache",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::own_worker,
    .metrics = kMetrics,
    .options = kOptions,
    .make = make,
};

}  // namespace exporter::host::bcache
