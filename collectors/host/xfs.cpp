// /sys/fs/xfs/<device>/stats/stats: what a file system counted since it was mounted, a row for each part of XFS
// (fs/xfs/xfs_stats.c, xfs_stats_format):
//   extent_alloc 4260849 125170297 4618726 131131897
//   rw 28 0
#include <array>

#include "collectors/host/attribute_samples.h"
#include "collectors/host/keyed_lines.h"
#include "collectors/host/unreadable.h"
#include "exporter/collector.h"
#include "platform/devices.h"
#include "platform/host.h"
#include "platform/text.h"

namespace exporter::host::xfs {
namespace {

constexpr auto kCounter = MetricType::counter;

// In the order of kRows and of the columns.
constexpr MetricDesc kMetrics[] = {
    {kCounter, "node_xfs_extent_allocation_extents_allocated_total", "Extents allocated.", {"device"}},
    {kCounter, "node_xfs_extent_allocation_blocks_allocated_total", "Blocks allocated.", {"device"}},
    {kCounter, "node_xfs_extent_allocation_extents_freed_total", "Extents freed.", {"device"}},
    {kCounter, "node_xfs_extent_allocation_blocks_freed_total", "Blocks freed.", {"device"}},

    {kCounter, "node_xfs_allocation_btree_lookups_total", "Look-ups in the trees of free space.", {"device"}},
    {kCounter, "node_xfs_allocation_btree_compares_total", "Comparisons in the trees of free space.", {"device"}},
    {kCounter,
     "node_xfs_allocation_btree_records_inserted_total",
     "Insertions into the trees of free space.",
     {"device"}},
    {kCounter,
     "node_xfs_allocation_btree_records_deleted_total",
     "Deletions from the trees of free space.",
     {"device"}},

    {kCounter, "node_xfs_block_mapping_reads_total", "Block maps asked for to read.", {"device"}},
    {kCounter, "node_xfs_block_mapping_writes_total", "Block maps asked for to write.", {"device"}},
    {kCounter, "node_xfs_block_mapping_unmaps_total", "Block maps taken away.", {"device"}},
    {kCounter, "node_xfs_block_mapping_extent_list_insertions_total", "Insertions into lists of extents.", {"device"}},
    {kCounter, "node_xfs_block_mapping_extent_list_deletions_total", "Deletions from lists of extents.", {"device"}},
    {kCounter, "node_xfs_block_mapping_extent_list_lookups_total", "Look-ups in lists of extents.", {"device"}},
    {kCounter, "node_xfs_block_mapping_extent_list_compares_total", "Comparisons in lists of extents.", {"device"}},

    {kCounter, "node_xfs_block_map_btree_lookups_total", "Look-ups in the trees of block maps.", {"device"}},
    {kCounter, "node_xfs_block_map_btree_compares_total", "Comparisons in the trees of block maps.", {"device"}},
    {kCounter,
     "node_xfs_block_map_btree_records_inserted_total",
     "Insertions into the trees of block maps.",
     {"device"}},
    {kCounter, "node_xfs_block_map_btree_records_deleted_total", "Deletions from the trees of block maps.", {"device"}},

    {kCounter, "node_xfs_directory_operation_lookup_total", "Names looked up that no cache knew.", {"device"}},
    {kCounter, "node_xfs_directory_operation_create_total", "Names made in folders.", {"device"}},
    {kCounter, "node_xfs_directory_operation_remove_total", "Names removed from folders.", {"device"}},
    {kCounter, "node_xfs_directory_operation_getdents_total", "Readings of folders.", {"device"}},

    {kCounter, "node_xfs_inode_operation_attempts_total", "Inodes looked up in the cache.", {"device"}},
    {kCounter, "node_xfs_inode_operation_found_total", "Inodes found in the cache.", {"device"}},
    {kCounter, "node_xfs_inode_operation_recycled_total", "Inodes found while being recycled.", {"device"}},
    {kCounter, "node_xfs_inode_operation_missed_total", "Inodes the cache did not have.", {"device"}},
    {kCounter, "node_xfs_inode_operation_duplicates_total", "Inodes another task had read meanwhile.", {"device"}},
    {kCounter, "node_xfs_inode_operation_reclaims_total", "Inodes taken out of the cache to reuse memory.", {"device"}},
    {kCounter, "node_xfs_inode_operation_attribute_changes_total", "Changes of attributes of inodes.", {"device"}},

    {kCounter, "node_xfs_write_calls_total", "Calls of write(2).", {"device"}},
    {kCounter, "node_xfs_read_calls_total", "Calls of read(2).", {"device"}},

    {kCounter, "node_xfs_vnode_active_total", "Vnodes not on a free list.", {"device"}},
    {kCounter, "node_xfs_vnode_allocate_total", "Vnodes allocated.", {"device"}},
    {kCounter, "node_xfs_vnode_get_total", "Vnodes got.", {"device"}},
    {kCounter, "node_xfs_vnode_hold_total", "Vnodes held.", {"device"}},
    {kCounter, "node_xfs_vnode_release_total", "Vnodes released.", {"device"}},
    {kCounter, "node_xfs_vnode_reclaim_total", "Vnodes reclaimed.", {"device"}},
    {kCounter, "node_xfs_vnode_remove_total", "Vnodes removed.", {"device"}},
};

// The rows that are shown, in the order of the file, and how many of their columns.
struct Row {
  std::string_view key;
  std::size_t columns;
};
constexpr Row kRows[] = {
    {"extent_alloc", 4}, {"abt", 4}, {"blk_map", 7}, {"bmbt", 4}, {"dir", 4}, {"ig", 7}, {"rw", 2}, {"vnodes", 7},
};

constexpr std::size_t all_columns() {
  std::size_t sum = 0;
  for (const Row& row : kRows) {
    sum += row.columns;
  }
  return sum;
}
static_assert(all_columns() == std::size(kMetrics));

constexpr const char* kFiles[] = {"stats/stats"};

struct FileSystem {
  platform::Attributes attributes;
  LabelBlock labels;
};

void write(std::string_view text, const LabelBlock& labels, Sink& sink) {
  each_line(text, ' ', [&](std::string_view key, std::string_view values) {
    const MetricDesc* metric = kMetrics;
    for (const Row& row : kRows) {
      if (key != row.key) {
        metric += row.columns;
        continue;
      }
      for (std::size_t i = 0; i < row.columns; ++i) {
        if (const auto value = platform::number<std::uint64_t>(platform::word(values))) {
          sink.add(metric[i], *value, labels);
        } else {
          sink.problem(Problem::parse, metric[i].name);
        }
      }
      return;
    }
  });
}

class Xfs final : public Collector {
 public:
  explicit Xfs(const Environment& environment) : file_systems_(environment.host.sys, "fs/xfs") {}

  Outcome collect(const Scrape& scrape, Sink& sink) override {
    const int error = file_systems_.each(
        // The sum over all file systems and the module's switches.
        [](std::string_view name) { return name != "stats" && name != "debug"; },
        [&](std::string_view name, platform::Dir&& folder) {
          return FileSystem{{std::move(folder), kFiles, open_files_}, {kMetrics[0], {name}}};
        },
        [&](std::string_view, FileSystem& one) {
          write(attribute_text(one.attributes, 0, scrape.buffer, sink), one.labels, sink);
        });
    // A machine without XFS is a success, as everywhere in this family.
    return error == 0 || error == ENOENT ? Outcome::ok : unreadable(sink, "fs/xfs", error);
  }

 private:
  platform::OpenFiles open_files_;
  platform::Devices<FileSystem> file_systems_;
};

std::unique_ptr<Collector> make(const Environment& environment) { return std::make_unique<Xfs>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "xfs",
    .summary = "XFS file systems from /sys/fs/xfs",
    .module = Module::node,
    .on_by_default = true,
    .pace = Pace::inline_fast,
    .metrics = kMetrics,
    .options = {},
    .make = make,
};

}  // namespace exporter::host::xfs
