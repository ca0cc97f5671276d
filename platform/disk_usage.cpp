#include "platform/disk_usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

namespace platform {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW | O_NOATIME;

// Without O_NOATIME where the folder is somebody else's and we may read it all the same.
int open_folder(int base, const char* path, std::uint64_t resolve, Fd& out) {
  for (const int flags : {kFolder, kFolder & ~O_NOATIME}) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.resolve = resolve;
    out.reset(static_cast<int>(::syscall(SYS_openat2, base, path, &how, sizeof how)));
    if (out || errno != EPERM) {
      break;
    }
  }
  return out ? 0 : errno;
}

}  // namespace

int open_below(const Dir& root, std::string_view path, Fd& out) {
  while (path.starts_with('/')) {
    path.remove_prefix(1);
  }
  const std::string name(path.empty() ? "." : path);
  return open_folder(root.fd(), name.c_str(), RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS, out);
}

int DiskUsage::visit(int folder, const char* name, const std::string& path, Total& total) {
  struct stat status {};
  if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? 0 : errno;
  }
  if (status.st_dev != device_) {
    return 0;
  }
  const std::uint64_t bytes = static_cast<std::uint64_t>(status.st_blocks) * kBlock;
  if (S_ISDIR(status.st_mode)) {
    if (pending_.size() >= kMostPending) {
      return E2BIG;
    }
    pending_.push_back(path.empty() ? std::string(name) : path + "/" + name);
  } else if (status.st_nlink > 1) {
    if (linked_.size() >= kMostLinked) {
      return E2BIG;
    }
    linked_.push_back(status.st_ino);
    linked_bytes_.push_back(bytes);
    return 0;
  }
  total.bytes += bytes;
  ++total.inodes;
  return 0;
}

int DiskUsage::list(const Fd& folder, const std::string& path, const std::function<bool()>& go_on, Total& total) {
  for (;;) {
    if (!go_on()) {
      return ECANCELED;
    }
    const long got = ::syscall(SYS_getdents64, folder.get(), entries_.get(), kEntryBytes);
    if (got <= 0) {
      return got == 0 || errno == ENOENT ? 0 : errno;
    }
    for (long at = 0; at < got;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(entries_.get() + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") {
        continue;
      }
      if (const int error = visit(folder.get(), entry->d_name, path, total)) {
        return error;
      }
    }
  }
}

int DiskUsage::add(const Fd& folder, const std::function<bool()>& go_on, Total& total) {
  struct stat status {};
  if (::fstat(folder.get(), &status) != 0) {
    return errno;
  }
  if (!entries_) {
    entries_ = std::make_unique<char[]>(kEntryBytes);
  }
  device_ = status.st_dev;
  linked_.clear();
  linked_bytes_.clear();
  pending_.assign(1, std::string());
  total.bytes += static_cast<std::uint64_t>(status.st_blocks) * kBlock;
  ++total.inodes;
  while (!pending_.empty()) {
    const std::string path = std::move(pending_.back());
    pending_.pop_back();
    Fd opened;
    const int failed = open_folder(folder.get(), path.empty() ? "." : path.c_str(),
                                   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV, opened);
    if (failed == ENOENT || failed == ENOTDIR || failed == ELOOP || failed == EXDEV) {
      continue;  // removed or replaced since it was listed
    }
    const int error = failed != 0 ? failed : list(opened, path, go_on, total);
    if (error != 0) {
      return error;
    }
  }
  std::set<std::uint64_t> counted;
  for (std::size_t i = 0; i < linked_.size(); ++i) {
    if (counted.insert(linked_[i]).second) {
      total.bytes += linked_bytes_[i];
      ++total.inodes;
    }
  }
  return 0;
}

}  // namespace platform
