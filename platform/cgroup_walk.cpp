// The walk over the directories of every hierarchy: getdents64(2) into one kept buffer, without opendir's allocation.
// Directories without links to others below them are not read.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/cgroup_tree.h"

namespace platform {

int CgroupTree::walk() {
  ++walk_;
  added_.clear();
  removed_.clear();
  overflowed_ = false;
  int result = 0;
  // Version 1 first: beside it the version 2 tree only completes groups that exist there. On a hybrid machine systemd
  // keeps many more groups in it, none of which has numbers.
  const bool old =
      std::any_of(hierarchies_.begin(), hierarchies_.end(), [](const auto& h) { return h.in_use && !h.v2; });
  for (const bool second : {false, true}) {
    for (std::size_t index = 0; index < hierarchies_.size(); ++index) {
      if (hierarchies_[index].in_use && hierarchies_[index].v2 == second) {
        const int error = walk_hierarchy(index, second && old);
        result = result == 0 ? error : result;
      }
    }
  }
  sweep();
  return result;
}

int CgroupTree::walk_hierarchy(std::size_t index, bool follow) {
  Cgroup* root = nullptr;
  if (const auto found = groups_.find("/"); found != groups_.end()) {
    root = found->second.get();
  } else {
    root = make_group("/");
  }
  if (root->places_[index].inode == 0 && !enter(*root, index, hierarchies_[index].root.get(), ".", 1)) {
    return ENODEV;
  }
  root->seen_ = walk_;
  root->places_[index].seen = walk_;
  pending_.assign(1, root);
  int result = 0;
  while (!pending_.empty()) {
    Cgroup* const parent = pending_.back();
    pending_.pop_back();
    const int error = list(*parent, index, follow);
    result = parent == root ? error : result;
  }
  return result;
}

int CgroupTree::list(Cgroup& parent, std::size_t index, bool follow) {
  Fd opened;
  int fd = parent.places_[index].dir.get();
  if (fd < 0) {
    if (const int error = open_at(parent, index, ".", O_DIRECTORY, opened)) {
      return error;
    }
    fd = opened.get();
  } else if (::lseek(fd, 0, SEEK_SET) < 0) {
    return errno;
  }
  for (;;) {
    const long got = ::syscall(SYS_getdents64, fd, entries_.get(), kEntryBytes);
    if (got <= 0) {
      return got == 0 ? 0 : errno;
    }
    for (long at = 0; at < got;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(entries_.get() + at);
      at += entry->d_reclen;
      if (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) {
        visit(parent, index, follow, fd, entry->d_name, entry->d_ino);
      }
    }
  }
}

void CgroupTree::visit(Cgroup& parent, std::size_t index, bool follow, int parent_fd, std::string_view name,
                       std::uint64_t inode) {
  if (name == "." || name == ".." || (!skipped_suffix_.empty() && name.ends_with(skipped_suffix_))) {
    return;
  }
  path_.assign(parent.path_);
  if (path_.size() > 1) {
    path_ += '/';
  }
  path_.append(name);
  const auto found = groups_.find(path_);
  if (found == groups_.end() && follow) {
    return;
  }
  Cgroup* group = found == groups_.end() ? nullptr : found->second.get();
  const bool known = group != nullptr && group->places_[index].inode == inode;
  struct stat status {};
  const int dir = known ? group->places_[index].dir.get() : -1;
  const int failed = dir >= 0 ? ::fstat(dir, &status) : ::fstatat(parent_fd, name.data(), &status, AT_SYMLINK_NOFOLLOW);
  if (failed != 0 || !S_ISDIR(status.st_mode)) {
    return;  // gone since the directory was read, or no group
  }
  if (group == nullptr && (group = make_group(path_)) == nullptr) {
    return;
  }
  if (!known && !enter(*group, index, parent_fd, name.data(), inode)) {
    return;
  }
  if (group->seen_ != walk_) {
    group->leaf_ = true;
  }
  group->seen_ = walk_;
  group->places_[index].seen = walk_;
  // Each group below adds a link; where a file system does not count them there is one link only.
  if (status.st_nlink != 2) {
    group->leaf_ = false;
    pending_.push_back(group);
  }
}

Cgroup* CgroupTree::make_group(std::string_view path) {
  if (groups_.size() >= kMaxGroups) {
    overflowed_ = true;
    return nullptr;
  }
  auto made = std::make_unique<Cgroup>();
  made->path_ = path;
  made->leaf_ = path != "/";
  made->places_.resize(hierarchies_.size());
  made->files_.resize(files_.size());
  made->absent_.resize(files_.size());
  Cgroup* const result = made.get();
  groups_.emplace(result->path_, std::move(made));
  added_.push_back(result);
  return result;
}

// The directory is new or another one than last time (a group made anew under the same path).
bool CgroupTree::enter(Cgroup& group, std::size_t index, int parent_fd, const char* name, std::uint64_t inode) {
  const bool anew = group.serial_ == 0 || group.places_[index].inode != 0;
  leave(group, index);
  Fd dir(::openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status {};
  if (!dir || ::fstat(dir.get(), &status) != 0) {
    return false;
  }
  auto& place = group.places_[index];
  place.inode = inode;
  if (kept_dirs_ < budget_.dirs) {
    place.dir = std::move(dir);
    ++kept_dirs_;
  }
  place.modified = static_cast<std::int64_t>(status.st_mtim.tv_sec);
  group.created_ = place.modified;
  for (const auto& other : group.places_) {
    group.created_ = other.inode != 0 ? std::min(group.created_, other.modified) : group.created_;
  }
  if (anew && group.renewed_ != walk_) {
    group.serial_ = ++serials_;
    group.renewed_ = walk_;
  }
  return true;
}

void CgroupTree::leave(Cgroup& group, std::size_t index) noexcept {
  auto& place = group.places_[index];
  kept_dirs_ -= place.dir ? 1 : 0;
  place.dir.reset();
  place.inode = 0;
  for (FileId id = 0; id < group.files_.size(); ++id) {
    if (files_[id].hierarchy != static_cast<int>(index)) {
      continue;
    }
    group.absent_[id] = 0;
    if (group.files_[id]) {
      group.files_[id].reset();
      --kept_files_;
    }
  }
}

void CgroupTree::sweep() {
  for (auto entry = groups_.begin(); entry != groups_.end();) {
    Cgroup& group = *entry->second;
    for (std::size_t index = 0; index < hierarchies_.size(); ++index) {
      if (group.places_[index].inode != 0 && group.places_[index].seen != walk_) {
        leave(group, index);
      }
    }
    if (group.seen_ == walk_) {
      ++entry;
      continue;
    }
    if (std::erase(added_, &group) == 0) {
      removed_.push_back(std::move(entry->second));
    }
    entry = groups_.erase(entry);
  }
  if (added_.empty() && removed_.empty()) {
    return;
  }
  order_.clear();
  for (const auto& entry : groups_) {
    order_.push_back(entry.second.get());
  }
  std::sort(order_.begin(), order_.end(), [](const Cgroup* a, const Cgroup* b) { return a->path_ < b->path_; });
}

}  // namespace platform
