// The containers of this machine, shared by all collectors of the room: which control groups have a row, who they are,
// and the labels that every row of a group carries.
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

#include "collectors/container/labels.h"
#include "collectors/container/names.h"
#include "exporter/collector.h"
#include "platform/cgroup_tree.h"
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
  platform::Cgroup* place = nullptr;   // the group that it is called after
  platform::Cgroup* cgroup = nullptr;  // that has its numbers: the same, but for payload_group.h
  Identity identity;
  LabelBlock labels;               // of every row: see labels.h
  LabelBlock info;                 // of container_info, where that is asked for
  std::string_view runtime_id;     // what a container runtime calls it; empty for other groups
  std::uint8_t disk_files = 0xff;  // diskio: the set of blkio files that has numbers; 0xff: not known yet
  CpuLimit cpu_limit;
  std::uint64_t cpu_limit_of = 0;  // the scrape cpu_limit was read in
  MemoryEvents memory_events;
  std::uint64_t memory_events_of = 0;

  const std::string& path() const noexcept { return place->path(); }
  bool is_root() const noexcept { return path().size() == 1; }
  bool is_container() const noexcept { return !runtime_id.empty(); }
  // Without labels and environment: they are in the blocks.
  const platform::ContainerFacts& facts() const noexcept { return identity.facts; }
  bool in_pod() const noexcept { return !identity.who.pod_uid.empty(); }
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
  const LabelRules& rules() const noexcept { return rules_; }
  Names& names() noexcept { return names_; }
  // Whether the options let a container of this name be shown.
  bool admits(std::string_view path, std::string_view name) const;

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
  void apply_changes();
  bool holds_all(const platform::Cgroup& payload, const platform::Cgroup& scope) const;
  bool find_names(const Scrape& scrape, Sink& sink);
  void complete_pods(Sink& sink);
  void render_labels(Container& container, Sink& sink);
  bool wanted(const Container& container) const;
  void select();

  const platform::Host& host_;
  platform::CgroupTree tree_;
  Names names_;
  LabelRules rules_;
  bool docker_only_;
  bool root_usage_;
  std::vector<std::string> prefixes_;
  platform::Filter filter_;

  FileId cpu_quota_;
  FileId cpu_period_;
  FileId memory_events_;
  std::unordered_map<const platform::Cgroup*, std::unique_ptr<Container>> containers_;
  std::vector<Container*> all_;
  std::vector<Container*> named_;  // those that a runtime may know
  std::vector<Container*> shown_;
  std::vector<Container*> usage_;
  LabelBlock rendered_;
  std::uint64_t generation_ = 0;
  bool pods_ = false;  // there are groups of Kubernetes
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
