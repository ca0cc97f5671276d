#include "collectors/host/process_group_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace exporter::host::process_groups {
namespace {

// A group that is shown stays so until another is larger by this: series that come and go tell nobody anything.
constexpr double kStay = 1.25;

std::uint64_t increase(std::uint64_t before, std::uint64_t now) noexcept { return now > before ? now - before : 0; }

void add_to(Used& sum, const Used& more) noexcept {
  sum.user += more.user;
  sum.system += more.system;
  sum.read += more.read;
  sum.written += more.written;
}

void add_to(std::optional<std::uint64_t>& sum, const std::optional<std::uint64_t>& more) noexcept {
  if (more) {
    sum = sum.value_or(0) + *more;
  }
}

}  // namespace

GroupTable::GroupTable(std::size_t top) : top_(top) { other_.name = kOther; }

void GroupTable::start() {
  next_ = 0;
  seen_.clear();
  next_latest_start_ = latest_start_;
  const auto clear = [](Group& group) {
    group.processes = 0;
    group.threads = 0;
    group.resident = 0;
    group.proportional.reset();
    group.descriptors.reset();
    group.all_cpu = 0;
    group.all_bytes = 0;
  };
  clear(other_);
  for (auto& [name, group] : groups_) {
    clear(group);
  }
}

Group& GroupTable::group_of(std::string_view name) {
  if (name == kOther) {
    return other_;
  }
  auto found = groups_.find(name);
  if (found == groups_.end()) {
    if (groups_.size() >= kMostGroups) {
      return other_;
    }
    found = groups_.emplace(std::string(name), Group{}).first;
    found->second.name = found->first;
  }
  return found->second;
}

bool GroupTable::add(std::string_view name, const Process& process) {
  if (seen_.size() >= kMostProcesses) {
    return false;
  }
  Group& group = group_of(name);
  ++group.processes;
  group.threads += process.threads;
  group.resident += process.resident;
  add_to(group.proportional, process.proportional);
  add_to(group.descriptors, process.descriptors);
  group.has_bytes = group.has_bytes || process.has_bytes;
  group.all_cpu += process.used.user + process.used.system;
  group.all_bytes += process.used.read + process.used.written;
  count(group, process);
  return true;
}

// Adds what the process used since the last walk.
void GroupTable::count(Group& group, const Process& process) {
  while (next_ < known_.size() && known_[next_].pid < process.pid) {
    ++next_;
  }
  Known now{process.pid, process.has_bytes, process.start_ticks, process.used};
  const bool known =
      next_ < known_.size() && known_[next_].pid == process.pid && known_[next_].start_ticks == process.start_ticks;
  next_latest_start_ = std::max(next_latest_start_, process.start_ticks);
  if (known) {
    const Known& before = known_[next_];
    if (!now.has_bytes) {
      now.has_bytes = before.has_bytes;  // it could not be looked at just now
      now.used.read = before.used.read;
      now.used.written = before.used.written;
    }
    group.pending.user += increase(before.used.user, now.used.user);
    group.pending.system += increase(before.used.system, now.used.system);
    if (before.has_bytes) {
      group.pending.read += increase(before.used.read, now.used.read);
      group.pending.written += increase(before.used.written, now.used.written);
    }
  } else if (!first_walk_ && process.start_ticks >= latest_start_) {
    add_to(group.pending, process.used);
  }
  // Else it was there at the last walk already and could not be read: from when it used what it did is not known.
  seen_.push_back(now);
}

void GroupTable::give_up() {
  while (!seen_.empty() && next_ < known_.size() && known_[next_].pid <= seen_.back().pid) {
    ++next_;
  }
  seen_.insert(seen_.end(), known_.begin() + static_cast<std::ptrdiff_t>(next_), known_.end());
  known_.swap(seen_);
}

void GroupTable::finish(double seconds) {
  known_.swap(seen_);
  latest_start_ = next_latest_start_;
  first_walk_ = false;
  const double fade = std::exp2(-seconds / kHalfLife);
  for (auto& [name, group] : groups_) {
    group.cpu = group.cpu * fade + static_cast<double>(group.pending.user + group.pending.system);
    group.bytes = group.bytes * fade + static_cast<double>(group.pending.read + group.pending.written);
  }
  choose();
  settle(other_);
  for (auto& [name, group] : groups_) {
    settle(group);
  }
  forget_idle();
}

void GroupTable::choose() {
  for (auto& [name, group] : groups_) {
    group.was_shown = group.shown;
    group.shown = false;
  }
  choose_by([](const Group& group) { return group.cpu; }, [](const Group& group) { return group.all_cpu; });
  choose_by([](const Group& group) { return static_cast<double>(group.resident); }, [](const Group&) { return 0U; });
  choose_by([](const Group& group) { return group.bytes; }, [](const Group& group) { return group.all_bytes; });
  shown_.clear();
  for (auto& [name, group] : groups_) {
    if (group.shown) {
      shown_.push_back(&group);
    }
  }
  std::sort(shown_.begin(), shown_.end(), [](const Group* a, const Group* b) { return a->name < b->name; });
}

// Marks the largest by `value`, and by `all` where those are equal: at the start nothing was used of late.
template <class Value, class All>
void GroupTable::choose_by(Value value, All all) {
  candidates_.clear();
  for (auto& [name, group] : groups_) {
    if (group.processes != 0 && (value(group) > 0 || all(group) > 0)) {
      candidates_.push_back(&group);
    }
  }
  const auto larger = [&](const Group* a, const Group* b) {
    const double left = value(*a) * (a->was_shown ? kStay : 1);
    const double right = value(*b) * (b->was_shown ? kStay : 1);
    if (left != right) {
      return left > right;
    }
    return all(*a) != all(*b) ? all(*a) > all(*b) : a->name < b->name;
  };
  const auto end = candidates_.begin() + static_cast<std::ptrdiff_t>(std::min(top_, candidates_.size()));
  std::partial_sort(candidates_.begin(), end, candidates_.end(), larger);
  for (auto at = candidates_.begin(); at != end; ++at) {
    (*at)->shown = true;
  }
}

// Books what was used, here or in "other", which also holds what the groups not shown have.
void GroupTable::settle(Group& group) {
  add_to(group.shown && group.was_shown ? group.counted : other_.counted, std::exchange(group.pending, {}));
  if (&group != &other_ && !group.shown) {
    other_.processes += group.processes;
    other_.threads += group.threads;
    other_.resident += group.resident;
    add_to(other_.proportional, group.proportional);
    add_to(other_.descriptors, group.descriptors);
    other_.has_bytes = other_.has_bytes || group.has_bytes;
  }
  if (group.labels.text().empty() && (group.shown || &group == &other_)) {
    group.labels.append("group", group.name);
    for (auto [labels, mode] : {std::pair{&group.user_labels, "user"}, std::pair{&group.system_labels, "system"}}) {
      labels->append("group", group.name);
      labels->append("mode", mode);
    }
  }
}

void GroupTable::forget_idle() {
  for (auto& [name, group] : groups_) {
    group.idle_walks = group.processes == 0 ? group.idle_walks + 1 : 0;
  }
  std::erase_if(groups_, [](const auto& entry) { return entry.second.idle_walks > kIdleWalks; });
}

}  // namespace exporter::host::process_groups
