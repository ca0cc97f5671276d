// /proc/<pid>/stat, field 22: ticks from boot to the start of the process; /proc/stat "btime 1700000000" (proc(5)).
#include "collectors/container/processes.h"

#include <sys/stat.h>

#include <algorithm>

#include "platform/host.h"
#include "platform/process_table.h"

namespace exporter::container {

void read_ids(std::string_view text, std::vector<std::int32_t>& ids) {
  ids.clear();
  while (!text.empty()) {
    const auto id = platform::number<std::int32_t>(platform::trim(platform::take(text, '\n')));
    if (id && *id > 0) {
      ids.push_back(*id);
    }
  }
}

Inventory::FileId tasks_file(Inventory& inventory) {
  const auto controller = Inventory::Controller::cpu;
  return inventory.tree().file(controller, inventory.tree().v2(controller) ? "cgroup.threads" : "tasks",
                               Inventory::Reading::whole);
}

Processes::Processes(const Environment& environment) : inventory_(environment.shared.get<Inventory>(environment)) {
  using Controller = Inventory::Controller;
  auto& tree = inventory_.tree();
  auto place = Controller::unified;
  for (const auto controller : {Controller::cpu, Controller::memory, Controller::pids}) {
    place = tree.has(controller) ? controller : place;
  }
  kept_ = tree.file(place, "cgroup.procs", Inventory::Reading::whole);
  opened_ = tree.file(place, "cgroup.procs", Inventory::Reading::rarely);
}

void Processes::read(platform::Cgroup& group, Inventory::FileId file, const Scrape& scrape) {
  // A group that went away or may not be listed (EOPNOTSUPP: threads of it are in groups below) has none.
  const int error = inventory_.tree().read(group, file, scrape.buffer);
  read_ids(error == 0 ? scrape.buffer.text() : std::string_view{}, pids_);
}

std::span<const std::int32_t> Processes::of(const Container& container, const Scrape& scrape) {
  read(*container.cgroup, opened_, scrape);
  return pids_;
}

int Processes::open(const Container& container, platform::Fd& out) const {
  return inventory_.tree().open(*container.cgroup, opened_, out);
}

std::int32_t Processes::first(const Container& container, const Scrape& scrape) {
  if (container.is_root()) {
    return 1;
  }
  const auto named = static_cast<std::int32_t>(std::clamp<std::int64_t>(container.facts().pid, 0, INT32_MAX));
  struct stat status {};
  if (named > 0 && ::fstatat(inventory_.host().proc.fd(), ProcessPath(named, "").text(), &status, 0) == 0) {
    return named;
  }
  read(*container.cgroup, kept_, scrape);
  if (!pids_.empty()) {
    return pids_.front();
  }
  if (container.cgroup->leaf()) {
    return 0;
  }
  // systemd in a container, and crun, leave the container's own group empty.
  const auto groups = inventory_.tree().groups();
  const std::string& path = container.cgroup->path();
  auto below = std::upper_bound(groups.begin(), groups.end(), path,
                                [](const std::string& text, const auto* group) { return text < group->path(); });
  for (; below != groups.end() && (*below)->path().starts_with(path); ++below) {
    if ((*below)->path()[path.size()] != '/') {
      continue;
    }
    read(**below, kept_, scrape);
    if (!pids_.empty()) {
      return pids_.front();
    }
  }
  return 0;
}

std::optional<std::uint64_t> Processes::start_ticks(std::int32_t pid, const Scrape& scrape) const {
  if (inventory_.host().proc.read(ProcessPath(pid, "stat").text(), scrape.buffer) != 0) {
    return std::nullopt;
  }
  const auto process = platform::parse_process(scrape.buffer.text());
  return process ? std::optional(process->start_ticks) : std::nullopt;
}

NetworkNamespaces::NetworkNamespaces(const Environment& environment)
    : inventory_(environment.shared.get<Inventory>(environment)),
      processes_(environment.shared.get<Processes>(environment)) {}

std::uint64_t NetworkNamespaces::inode_of(std::int32_t pid) const noexcept {
  struct stat status {};
  const int failed = ::fstatat(inventory_.host().proc.fd(), ProcessPath(pid, "net/dev").text(), &status, 0);
  return failed == 0 ? status.st_ino : 0;
}

// Without a start time, by the lower number.
bool NetworkNamespaces::older(const Member& one, const Member& other) const {
  return one.start && other.start && *one.start != *other.start ? *one.start < *other.start : one.pid < other.pid;
}

void NetworkNamespaces::add(Container& container, const Scrape& scrape) {
  const std::int32_t pid = processes_.first(container, scrape);
  const std::uint64_t inode = pid > 0 ? inode_of(pid) : 0;
  Member& member = members_.of(container.cgroup->serial(), scrape.generation);
  if (member.pid != pid || member.inode != inode) {
    member = {pid, inode, std::nullopt};
  }
  if (inode == 0 || inode == machine_) {
    return;
  }
  found_.push_back({inode, found_.size(), {&container, pid}, &member});
}

// Of those in one namespace the oldest; the places say in which order the first of each was met.
void NetworkNamespaces::choose_owners(const Scrape& scrape) {
  const auto know_start = [&](Member& one) {
    if (!one.start) {
      one.start = processes_.start_ticks(one.pid, scrape);
    }
  };
  std::sort(found_.begin(), found_.end(),
            [](const Found& a, const Found& b) { return a.inode != b.inode ? a.inode < b.inode : a.place < b.place; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < found_.size(); ++i) {
    if (kept == 0 || found_[kept - 1].inode != found_[i].inode) {
      found_[kept++] = found_[i];
      continue;
    }
    Found& known = found_[kept - 1];
    know_start(*found_[i].member);
    know_start(*known.member);
    if (older(*found_[i].member, *known.member)) {
      known.owner = found_[i].owner;
      known.member = found_[i].member;
    }
  }
  found_.erase(found_.begin() + static_cast<std::ptrdiff_t>(kept), found_.end());
  std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) { return a.place < b.place; });
}

std::span<const NetworkNamespaces::Owner> NetworkNamespaces::owners(const Scrape& scrape) {
  if (generation_ == scrape.generation) {
    return owners_;
  }
  generation_ = scrape.generation;
  machine_ = inode_of(1);
  found_.clear();
  owners_.clear();
  for (Container* const container : inventory_.usage()) {
    if (container->is_root()) {
      owners_.push_back({container, 1});
    } else if (container->is_container()) {
      add(*container, scrape);
    }
  }
  choose_owners(scrape);
  for (const Found& entry : found_) {
    owners_.push_back(entry.owner);
  }
  members_.forget_unseen(generation_);
  return owners_;
}

StartTimes::StartTimes(const Environment& environment)
    : tick_(static_cast<double>(environment.host.tick)), processes_(environment.shared.get<Processes>(environment)) {
  platform::ReadBuffer buffer;
  if (environment.host.proc.read("stat", buffer) != 0) {
    return;
  }
  for (std::string_view text = buffer.text(); !text.empty();) {
    std::string_view line = platform::take(text, '\n');
    if (platform::word(line) == "btime") {
      boot_time_ = platform::number<std::int64_t>(platform::trim(line)).value_or(0);
    }
  }
}

std::int64_t StartTimes::of(const Container& container, const Scrape& scrape) {
  if (boot_time_ <= 0 || container.is_root()) {
    return boot_time_;
  }
  Known& known = known_.of(container.cgroup->serial(), scrape.generation);
  if (known.start != 0 || scrape.generation < known.next_look) {
    return known.start;
  }
  auto pids = processes_.of(container, scrape);
  pids = pids.first(std::min(pids.size(), kMostProcesses));
  std::optional<std::uint64_t> oldest;
  for (const std::int32_t pid : pids) {
    const auto start = processes_.start_ticks(pid, scrape);
    oldest = start && (!oldest || *start < *oldest) ? start : oldest;
  }
  if (!oldest && container.is_container()) {
    const std::int32_t below = processes_.first(container, scrape);
    oldest = below > 0 ? processes_.start_ticks(below, scrape) : oldest;
  }
  if (oldest) {
    known.start = boot_time_ + static_cast<std::int64_t>(static_cast<double>(*oldest) / tick_);
  } else {
    known.next_look = scrape.generation + known.pause;
    known.pause = std::min<std::uint64_t>(known.pause * 2, 1024);
  }
  return known.start;
}

}  // namespace exporter::container
