// /proc/1/mountinfo: "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory" (proc(5), cgroups(7))
#include "platform/cgroup_tree.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "platform/host.h"
#include "platform/text.h"

namespace platform {
namespace {

constexpr std::array<std::string_view, kControllers - 1> kNames = {"cpu",  "cpuacct", "memory",  "blkio",
                                                                   "pids", "cpuset",  "hugetlb", "perf_event"};
constexpr std::uint32_t bit(Controller controller) { return 1U << static_cast<unsigned>(controller); }

// Mount points carry blanks and backslashes as \040 and the like.
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      result += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::uint32_t controllers_of(std::string_view options) {
  std::uint32_t result = 0;
  while (!options.empty()) {
    const auto option = take(options, ',');
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      result |= option == kNames[i] ? 1U << i : 0U;
    }
  }
  return result;
}

}  // namespace

CgroupTree::Budget CgroupTree::default_budget() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    limit.rlim_cur = 1024;
  }
  const auto most = static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 1U << 20));
  return {std::min<std::size_t>(8000, most * 2 / 5), most * 2 / 5};
}

CgroupTree::CgroupTree(const Host& host, std::string skipped_suffix, Budget budget)
    : skipped_suffix_(std::move(skipped_suffix)), budget_(budget), entries_(new char[kEntryBytes]) {
  ReadBuffer mounts;
  if (host.proc.read("1/mountinfo", mounts) != 0 && host.proc.read("self/mountinfo", mounts) != 0) {
    return;
  }
  find_hierarchies(host, mounts.text(), true);
  find_hierarchies(host, mounts.text(), false);  // a container may see parts of a hierarchy only
  for (std::size_t index = 0; index < hierarchies_.size(); ++index) {
    for (std::size_t i = 0; i < kControllers; ++i) {
      const bool served = (hierarchies_[index].controllers & (1U << i)) != 0;
      source_[i] = served ? static_cast<int>(index) : source_[i];
    }
  }
  // What no version 1 hierarchy serves comes from the version 2 tree.
  for (int& place : source_) {
    place = place < 0 ? source(Controller::unified) : place;
  }
}

void CgroupTree::find_hierarchies(const Host& host, std::string_view mounts, bool whole_only) {
  while (!mounts.empty()) {
    std::string_view line = take(mounts, '\n');
    const auto dash = line.find(" - ");
    if (dash == std::string_view::npos) {
      continue;
    }
    std::string_view tail = line.substr(dash + 3);
    const auto type = word(tail);
    word(tail);
    const auto options = word(tail);
    for (int skip = 0; skip < 3; ++skip) {
      word(line);
    }
    const auto root = word(line);
    const auto mount_point = word(line);
    if ((type != "cgroup" && type != "cgroup2") || mount_point.empty() || (whole_only && root != "/")) {
      continue;
    }
    const std::uint32_t controllers = type == "cgroup2" ? bit(Controller::unified) : controllers_of(options);
    if (controllers != 0) {
      add_hierarchy(host, unescaped(mount_point), controllers, type == "cgroup2");
    }
  }
}

void CgroupTree::add_hierarchy(const Host& host, std::string_view mount_point, std::uint32_t controllers, bool v2) {
  for (const auto& known : hierarchies_) {
    if ((known.controllers & controllers) != 0) {
      return;
    }
  }
  const bool in_sys = mount_point.starts_with("/sys/");
  const std::string name(mount_point.substr(in_sys ? 5 : 1));
  Fd root(::openat((in_sys ? host.sys : host.root).fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root) {
    hierarchies_.push_back({std::move(root), controllers, v2, false});
  }
}

bool CgroupTree::v2(Controller controller) const noexcept {
  return has(controller) && hierarchies_[static_cast<std::size_t>(source(controller))].v2;
}

bool CgroupTree::root_has(Controller controller, const char* name) const noexcept {
  return has(controller) &&
         ::faccessat(hierarchies_[static_cast<std::size_t>(source(controller))].root.get(), name, F_OK, 0) == 0;
}

void CgroupTree::use(Controller controller) {
  if (has(controller)) {
    hierarchies_[static_cast<std::size_t>(source(controller))].in_use = true;
  }
}

CgroupTree::FileId CgroupTree::file(Controller controller, std::string name, Reading reading) {
  use(controller);
  const int hierarchy = source(controller);
  for (FileId id = 0; id < files_.size(); ++id) {
    if (files_[id].hierarchy == hierarchy && files_[id].name == name &&
        (files_[id].reading == Reading::rarely) == (reading == Reading::rarely)) {
      return id;
    }
  }
  files_.push_back({hierarchy, std::move(name), reading});
  for (auto& entry : groups_) {
    entry.second->files_.resize(files_.size());
    entry.second->absent_.resize(files_.size());
  }
  return files_.size() - 1;
}

// Below the group's own descriptor when it is kept, else by path from the root of the hierarchy.
int CgroupTree::open_at(const Cgroup& group, std::size_t hierarchy, const char* name, int flags,
                        Fd& out) const noexcept {
  flags |= O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  if (const int dir = group.places_[hierarchy].dir.get(); dir >= 0) {
    out.reset(::openat(dir, name, flags));
    return out ? 0 : errno;
  }
  std::array<char, PATH_MAX> path;
  const std::string_view below = std::string_view(group.path_).substr(1);
  const std::size_t length = std::strlen(name);
  if (below.size() + length + 2 > path.size()) {
    return ENAMETOOLONG;
  }
  char* end = std::copy(below.begin(), below.end(), path.data());
  if (!below.empty()) {
    *end++ = '/';
  }
  std::memcpy(end, name, length + 1);
  out.reset(::openat(hierarchies_[hierarchy].root.get(), path.data(), flags));
  return out ? 0 : errno;
}

int CgroupTree::open(const Cgroup& group, FileId id, Fd& out) const noexcept {
  const File& file = files_[id];
  if (file.hierarchy < 0 || group.places_[static_cast<std::size_t>(file.hierarchy)].inode == 0) {
    return ENOENT;
  }
  return open_at(group, static_cast<std::size_t>(file.hierarchy), file.name.c_str(), 0, out);
}

int CgroupTree::open(const Cgroup& group, Controller controller, Fd& out) const noexcept {
  if (!has(controller) || group.places_[static_cast<std::size_t>(source(controller))].inode == 0) {
    return ENOENT;
  }
  return open_at(group, static_cast<std::size_t>(source(controller)), ".", O_DIRECTORY, out);
}

int CgroupTree::read(Cgroup& group, FileId id, ReadBuffer& buffer) {
  buffer.clear();
  const File& file = files_[id];
  if (file.hierarchy < 0 || group.places_[static_cast<std::size_t>(file.hierarchy)].inode == 0) {
    return ENOENT;
  }
  const auto fill = [&](int fd) { return file.reading == Reading::once ? buffer.fill_once(fd) : buffer.fill(fd); };
  if (Fd& kept = group.files_[id]; kept) {
    const int error = fill(kept.get());
    if (error != 0) {
      kept.reset();
      --kept_files_;
    }
    return error;
  }
  const bool rarely = file.reading == Reading::rarely;
  if (!rarely && group.absent_[id] != 0) {
    --group.absent_[id];
    return ENOENT;
  }
  Fd opened;
  if (const int error = open_at(group, static_cast<std::size_t>(file.hierarchy), file.name.c_str(), 0, opened)) {
    group.absent_[id] = error == ENOENT && !rarely ? kLookAgain : 0;
    return error;
  }
  const int error = fill(opened.get());
  if (error == 0 && !rarely && kept_files_ < budget_.files) {
    group.files_[id] = std::move(opened);
    ++kept_files_;
  }
  return error;
}

}  // namespace platform
