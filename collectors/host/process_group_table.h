// Sums over groups of processes, of which the largest are shown by name and the rest together as "other".
//
// What a group used between two walks is counted once, and for good: in the group's own counters when it was shown
// after both walks, else in those of "other". So no counter ever steps back, whoever enters or leaves the largest, and
// the increase of all series together is what all processes used. A group without processes is forgotten after a while
// and starts at 0 when it comes back, as if the program had been started anew. What a process uses between the last
// walk that sees it and its end is not seen. Counting starts at 0 with the first walk.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/metric.h"

namespace exporter::host::process_groups {

// CPU time in ticks; bytes that were read from and written to disks.
struct Used {
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  std::uint64_t read = 0;
  std::uint64_t written = 0;
};

// What a process has at a walk. Nothing stands for what may not be looked at.
struct Process {
  int pid = 0;
  std::uint64_t start_ticks = 0;  // with the pid it tells a process from its successors
  Used used;                      // since it started; bytes only when `has_bytes`
  bool has_bytes = false;
  std::uint64_t threads = 0;
  std::uint64_t resident = 0;  // bytes
  std::optional<std::uint64_t> proportional;
  std::optional<std::uint64_t> descriptors;
};

struct Group {
  std::string_view name;
  Used counted;
  bool has_bytes = false;  // some process of it could be looked at, ever
  std::uint64_t processes = 0;
  std::uint64_t threads = 0;
  std::uint64_t resident = 0;
  std::optional<std::uint64_t> proportional;
  std::optional<std::uint64_t> descriptors;
  LabelBlock labels;  // group="..."; and with mode
  LabelBlock user_labels;
  LabelBlock system_labels;

 private:
  friend class GroupTable;
  Used pending;    // of the walk under way
  double cpu = 0;  // used of late: what is older counts half for each kHalfLife
  double bytes = 0;
  std::uint64_t all_cpu = 0;  // of the processes there are, since they started
  std::uint64_t all_bytes = 0;
  bool shown = false;
  bool was_shown = false;
  unsigned idle_walks = 0;
};

// For one thread at a time. Memory is bounded by the limits below; a walk in which no process and no group is new
// allocates nothing.
class GroupTable {
 public:
  static constexpr std::size_t kMostProcesses = 100'000;
  static constexpr std::size_t kMostGroups = 4096;  // more are part of "other"
  static constexpr double kHalfLife = 300;          // seconds
  static constexpr unsigned kIdleWalks = 20;        // a group without processes is forgotten then
  static constexpr std::string_view kOther = "other";

  // At most `top` groups by CPU time of late, as many by resident memory, and as many by bytes of late are shown.
  explicit GroupTable(std::size_t top);

  // One walk: start(), add() for every process in the order of the pids, then finish(), or give_up() when not all were
  // seen; what was counted so far is kept for the next walk then.
  void start();
  // False when there are too many processes; this one is left out.
  bool add(std::string_view group, const Process& process);
  // `seconds` since the last walk.
  void finish(double seconds);
  void give_up();

  // After finish(): the shown groups by name, then "other".
  template <class Visit>
  void each(Visit&& visit) const {
    for (const Group* const group : shown_) {
      visit(*group);
    }
    visit(other_);
  }

 private:
  struct Known {
    int pid;
    bool has_bytes;
    std::uint64_t start_ticks;
    Used used;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  Group& group_of(std::string_view name);
  void count(Group& group, const Process& process);
  void choose();
  template <class Value, class All>
  void choose_by(Value value, All all);
  void settle(Group& group);
  void forget_idle();

  std::size_t top_;
  std::unordered_map<std::string, Group, Hash, std::equal_to<>> groups_;
  Group other_;
  std::vector<Group*> shown_;
  std::vector<Group*> candidates_;
  std::vector<Known> known_;  // of the last walk, by pid
  std::vector<Known> seen_;   // of the walk under way
  std::size_t next_ = 0;      // in known_
  std::uint64_t latest_start_ = 0;
  std::uint64_t next_latest_start_ = 0;
  bool first_walk_ = true;
};

}  // namespace exporter::host::process_groups
