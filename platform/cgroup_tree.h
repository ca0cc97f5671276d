// The control groups of a machine: version 1, version 2 or both at once, as one set of paths.
//
// Source: /proc/1/mountinfo says what is mounted where (cgroups(7)); a walk per scrape finds the groups, so there is no
// watch to lose and nothing goes stale. One thread at a time. Functions return 0 or an errno value.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/dir.h"

namespace platform {

struct Host;

// `unified` is the version 2 tree itself, which a hybrid machine has beside the version 1 controllers.
enum class Controller : std::uint8_t { cpu, cpuacct, memory, blkio, pids, cpuset, hugetlb, perf_event, unified };
inline constexpr std::size_t kControllers = 9;

// One group. `path` is the same in all hierarchies; "/" is the root.
class Cgroup {
 public:
  const std::string& path() const noexcept { return path_; }
  // Unix seconds: the oldest modification time of its directories. The kernel sets it when the directory is first
  // looked at, so it may be later than the group's birth.
  std::int64_t created() const noexcept { return created_; }
  // No groups below it, in any hierarchy that was walked.
  bool leaf() const noexcept { return leaf_; }
  // Unlike the path never used again: a group that was removed and made anew between two walks has another one.
  std::uint64_t serial() const noexcept { return serial_; }

 private:
  friend class CgroupTree;
  struct Place {
    Fd dir;
    std::uint32_t seen = 0;  // walk in which it was last there
    std::uint64_t inode = 0;
    std::int64_t modified = 0;  // Unix seconds
  };
  std::string path_;
  std::vector<Place> places_;         // by hierarchy
  std::vector<Fd> files_;             // by FileId; empty ones are opened per read
  std::vector<std::uint8_t> absent_;  // by FileId: reads until a file that was not there is looked for again
  std::uint64_t serial_ = 0;
  std::int64_t created_ = 0;
  std::uint32_t seen_ = 0;
  std::uint32_t renewed_ = 0;  // walk in which serial_ was given
  bool leaf_ = true;
};

class CgroupTree {
 public:
  // How many descriptors may stay open. A kept file costs the kernel about 5 kB and saves 3 us per read.
  struct Budget {
    std::size_t files = 0;
    std::size_t dirs = 0;
  };
  // Two fifths each of the descriptors this process may have; of files at most 8000.
  static Budget default_budget() noexcept;
  static constexpr std::size_t kMaxGroups = 100000;

  // `host` must outlive the tree. Groups whose name ends in `skipped_suffix` are left out with all below them.
  CgroupTree(const Host& host, std::string skipped_suffix, Budget budget = default_budget());

  // True when some hierarchy is mounted.
  bool valid() const noexcept { return !hierarchies_.empty(); }
  bool has(Controller controller) const noexcept { return source(controller) >= 0; }
  // True when the controller is read from the version 2 tree.
  bool v2(Controller controller) const noexcept;
  // True when the root group of the controller's hierarchy has this file.
  bool root_has(Controller controller, const char* name) const noexcept;

  // Makes walks include the controller's hierarchy.
  void use(Controller controller);

  // A file of every group, opened by name in the controller's hierarchy. `once` is for texts of less than a page that
  // the kernel makes in one piece. `rarely` is for files that are not read at every scrape: they are not kept open. A
  // file of the others that a group does not have is looked for again after kLookAgain reads. Known names give the same
  // id again.
  using FileId = std::size_t;
  enum class Reading : std::uint8_t { once, whole, rarely };
  static constexpr std::uint8_t kLookAgain = 8;
  FileId file(Controller controller, std::string name, Reading reading = Reading::once);

  // Walks all hierarchies in use. Afterwards groups() holds what exists, ordered by path; added() and removed() say
  // what changed, and the removed groups live until the next walk. Returns the first error of a hierarchy's own
  // directory.
  int walk();
  std::span<Cgroup* const> groups() const noexcept { return order_; }
  std::span<Cgroup* const> added() const noexcept { return added_; }
  std::span<const std::unique_ptr<Cgroup>> removed() const noexcept { return removed_; }
  bool overflowed() const noexcept { return overflowed_; }

  // ENOENT: the group has no such file. ENODEV: the group went away since the walk.
  int read(Cgroup& group, FileId file, ReadBuffer& buffer);
  // Opens the file, or the directory of the group, for a use of the caller's own. Returns 0 or an errno value.
  int open(const Cgroup& group, FileId file, Fd& out) const noexcept;
  int open(const Cgroup& group, Controller controller, Fd& out) const noexcept;

 private:
  struct Hierarchy {
    Fd root;
    std::uint32_t controllers = 0;  // bits by Controller
    bool v2 = false;
    bool in_use = false;
  };
  struct File {
    int hierarchy;
    std::string name;
    Reading reading;
  };
  static constexpr std::size_t kEntryBytes = 32768;
  int source(Controller controller) const noexcept { return source_[static_cast<std::size_t>(controller)]; }
  void find_hierarchies(const Host& host, std::string_view mounts, bool whole_only);
  void add_hierarchy(const Host& host, std::string_view mount_point, std::uint32_t controllers, bool v2);
  int walk_hierarchy(std::size_t index, bool follow);
  int list(Cgroup& parent, std::size_t index, bool follow);
  void visit(Cgroup& parent, std::size_t index, bool follow, int parent_fd, std::string_view name, std::uint64_t inode);
  Cgroup* make_group(std::string_view path);
  bool enter(Cgroup& group, std::size_t index, int parent_fd, const char* name, std::uint64_t inode);
  void leave(Cgroup& group, std::size_t index) noexcept;
  void sweep();
  int open_at(const Cgroup& group, std::size_t hierarchy, const char* name, int flags, Fd& out) const noexcept;

  std::string skipped_suffix_;
  Budget budget_;
  std::size_t kept_files_ = 0;
  std::size_t kept_dirs_ = 0;
  std::vector<Hierarchy> hierarchies_;
  int source_[kControllers] = {-1, -1, -1, -1, -1, -1, -1, -1, -1};
  std::vector<File> files_;
  std::unordered_map<std::string_view, std::unique_ptr<Cgroup>> groups_;  // keys are the groups' own paths
  std::vector<Cgroup*> order_;
  std::vector<Cgroup*> added_;
  std::vector<std::unique_ptr<Cgroup>> removed_;
  std::vector<Cgroup*> pending_;  // directories still to be listed
  std::string path_;              // scratch
  std::unique_ptr<char[]> entries_;
  std::uint32_t walk_ = 0;  // a hundred years of a walk a second
  std::uint64_t serials_ = 0;
  bool overflowed_ = false;
};

}  // namespace platform
