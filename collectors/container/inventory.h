// The containers of this machine, shared by all collectors of the room: which control groups have a row, and the labels
// that every row of a group carries.
//
// Its settings are those of the lifecycle collector, the first of the room. Made once through Environment::shared;
// refreshed by the first collector of each scrape. Pointers to containers are valid until the next refresh.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/collector.h"
#include "platform/cgroup_tree.h"
#include "platform/docker_files.h"
#include "platform/text.h"

namespace exporter::container {

// The CPU bandwidth limit in force (cpu.cfs_quota_us and cpu.cfs_period_us, or cpu.max), in microseconds.
struct CpuLimit {
  std::optional<std::int64_t> quota;  // nothing: no limit
  std::optional<std::uint64_t> period;
};

// What became of a group at its memory limits (memory.events, or memory.oom_control, which has oom_kill only): of the
// group with those below it on version 2, of the group itself on version 1.
struct MemoryEvents {
  std::optional<std::uint64_t> high;
  std::optional<std::uint64_t> max;
  std::optional<std::uint64_t> oom_kill;
};

struct Container {
  platform::Cgroup* cgroup = nullptr;
  LabelBlock labels;            // id, and where known name, image, container_label_<k>
  std::string_view runtime_id;  // the 64 characters in the group's name that a container runtime gave it; or empty
  platform::DockerContainer docker;
  bool named = false;              // `labels` hold what `docker` says
  std::uint8_t disk_files = 0xff;  // diskio: the set of blkio files that has numbers; 0xff: not known yet
  CpuLimit cpu_limit;
  std::uint64_t cpu_limit_of = 0;  // the scrape cpu_limit was read in
  MemoryEvents memory_events;
  std::uint64_t memory_events_of = 0;

  bool is_root() const noexcept { return cgroup->path().size() == 1; }
  bool is_container() const noexcept { return !runtime_id.empty(); }
  bool known_to_docker() const noexcept { return docker.usable; }
};

class Inventory {
 public:
  using Controller = platform::Controller;
  using FileId = platform::CgroupTree::FileId;
  using Reading = platform::CgroupTree::Reading;

  explicit Inventory(const Environment& environment);

  // Looks at the machine once per scrape, whoever asks first; problems go to that collector's sink. False when the
  // machine has no control groups.
  bool refresh(const Scrape& scrape, Sink& sink);
  // Everything that has a row, ordered by id. `usage` leaves out the root where --disable_root_cgroup_stats is set.
  std::span<Container* const> shown() const noexcept { return shown_; }
  std::span<Container* const> usage() const noexcept { return usage_; }
  bool complete() const noexcept { return complete_; }

  platform::CgroupTree& tree() noexcept { return tree_; }
  const platform::Host& host() const noexcept { return host_; }
  // The text of a group's file is in scrape.buffer when this returns true. A group that went away or has no such file
  // is no problem; anything else is counted.
  bool read(Container& container, FileId file, const Scrape& scrape, Sink& sink);
  // One number, as most files have; "max" and anything else that is none gives nothing, the latter counted.
  std::optional<std::uint64_t> read_number(Container& container, FileId file, const Scrape& scrape, Sink& sink);
  // These read their file at most once per scrape.
  const CpuLimit& cpu_limit(Container& container, const Scrape& scrape, Sink& sink);
  const MemoryEvents& memory_events(Container& container, const Scrape& scrape, Sink& sink);

 private:
  struct Names {
    bool changed = false;
    bool denied = false;
  };
  void apply_changes();
  Names find_names(const Scrape& scrape, Sink& sink);
  void render_labels(Container& container, Sink& sink);
  bool wanted(const Container& container) const;
  void select();

  const platform::Host& host_;
  platform::CgroupTree tree_;
  platform::DockerFiles docker_;
  bool docker_only_;
  bool root_usage_;
  bool store_labels_;
  std::vector<std::string> prefixes_;
  std::vector<std::string> kept_labels_;

  FileId cpu_quota_;
  FileId cpu_period_;
  FileId memory_events_;
  std::unordered_map<const platform::Cgroup*, std::unique_ptr<Container>> containers_;
  std::vector<Container*> all_;
  std::vector<Container*> shown_;
  std::vector<Container*> usage_;
  std::uint64_t generation_ = 0;
  std::uint64_t roots_searched_ = 0;  // the scrape of the last search for data directories
  bool search_roots_ = false;
  std::string denied_note_;
  bool complete_ = false;
};

// Calls `each(key, value)` for the lines "key number" of a flat file (memory.stat, cpu.stat). Returns false when a line
// was something else; such lines are left out.
template <class Each>
bool each_flat_line(std::string_view text, Each&& each) {
  bool sound = true;
  while (!text.empty()) {
    std::string_view line = platform::take(text, '\n');
    const auto key = platform::take(line, ' ');
    if (const auto value = platform::number<std::uint64_t>(line)) {
      each(key, *value);
    } else {
      sound = false;
    }
  }
  return sound;
}

}  // namespace exporter::container
