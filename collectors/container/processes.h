// The processes of control groups, shared by the collectors that look into /proc/<pid>.
//
// Source: cgroup.procs, one process id a line (cgroups(7)); on version 1 of any hierarchy, since runtimes put a
// container into all of them. Made once through Environment::shared. For one thread at a time.
#pragma once
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "collectors/container/inventory.h"
#include "collectors/container/per_container.h"

namespace exporter::container {

// "1234/net/dev": a file of a process below /proc, without an allocation.
class ProcessPath {
 public:
  ProcessPath(std::int64_t pid, std::string_view file) {
    char* const end = std::to_chars(text_.data(), text_.data() + 24, pid).ptr;
    *end = '/';
    file.copy(end + 1, text_.size() - 26);  // the rest of the array is NUL
  }
  const char* text() const noexcept { return text_.data(); }

 private:
  std::array<char, 64> text_{};
};

// The ids of a cgroup.procs, cgroup.threads or tasks file, one a line, in the kernel's order; those of another pid
// namespace, shown as 0, are left out.
void read_ids(std::string_view text, std::vector<std::int32_t>& ids);

// The file that lists the tasks of a group where the cpu controller is.
Inventory::FileId tasks_file(Inventory& inventory);

class Processes {
 public:
  explicit Processes(const Environment& environment);

  // Those of the group itself, in the kernel's order; valid until the next call. For rare use: the file is opened each
  // time. Uses scrape.buffer.
  std::span<const std::int32_t> of(const Container& container, const Scrape& scrape);
  // Opens the list for another thread, which reads it as it is then. Returns 0 or an errno value.
  int open(const Container& container, platform::Fd& out) const;
  // A process of the container: the first that its runtime names, else the first of its group or of one below it.
  // 0: none. Uses scrape.buffer.
  std::int32_t first(const Container& container, const Scrape& scrape);
  // When it started, in ticks since boot; nothing when it is gone or hidden. Uses scrape.buffer.
  std::optional<std::uint64_t> start_ticks(std::int32_t pid, const Scrape& scrape) const;

 private:
  void read(platform::Cgroup& group, Inventory::FileId file, const Scrape& scrape);

  Inventory& inventory_;
  Inventory::FileId kept_;
  Inventory::FileId opened_;
  std::vector<std::int32_t> pids_;
};

// Network namespaces and the container that each belongs to. Containers that share one (of a pod, or by --network
// container:) leave it to the one that has been there longest: a pod's sandbox, the container that was joined. The
// machine's own belongs to "/".
//
// Source: the inode of /proc/<pid>/net/dev, which is another one in each namespace and may be asked for by anybody,
// unlike the link /proc/<pid>/ns/net.
class NetworkNamespaces {
 public:
  struct Owner {
    Container* container;
    std::int32_t pid;  // a process in the namespace
  };
  explicit NetworkNamespaces(const Environment& environment);
  // Looked up by the first collector that asks in a scrape. In the order of Inventory::usage().
  std::span<const Owner> owners(const Scrape& scrape);

 private:
  struct Member {
    std::int32_t pid = 0;
    std::uint64_t inode = 0;
    std::optional<std::uint64_t> start;
  };
  struct Found {
    std::uint64_t inode;
    std::size_t place;  // in Inventory::usage()
    Owner owner;
    Member* member;
  };
  std::uint64_t inode_of(std::int32_t pid) const noexcept;
  bool older(const Member& one, const Member& other) const;
  void add(Container& container, const Scrape& scrape);
  void choose_owners(const Scrape& scrape);

  Inventory& inventory_;
  Processes& processes_;
  PerContainer<Member> members_;
  std::vector<Found> found_;
  std::vector<Owner> owners_;
  std::uint64_t generation_ = 0;
  std::uint64_t machine_ = 0;
};

// Since when a group has been there: the start of its oldest process when it was first seen, as long as it is the same
// group. Looks for processes at fewer and fewer scrapes while there are none.
class StartTimes {
 public:
  explicit StartTimes(const Environment& environment);
  // Unix seconds; 0 when unknown.
  std::int64_t of(const Container& container, const Scrape& scrape);
  void forget_unseen(std::uint64_t generation) { known_.forget_unseen(generation); }

 private:
  struct Known {
    std::int64_t start = 0;
    std::uint64_t next_look = 0;
    std::uint64_t pause = 1;
  };
  static constexpr std::size_t kMostProcesses = 64;
  std::int64_t boot_time_ = 0;
  double tick_;
  Processes& processes_;
  PerContainer<Known> known_;
};

}  // namespace exporter::container
