#include "platform/dir_names.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace platform {
namespace {

constexpr std::size_t kBuffer = 32768;

}  // namespace

int DirNames::read(const Dir& dir) {
  const Fd fd(::openat(dir.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    text_.clear();
    entries_.clear();
    return errno;
  }
  return read_entries(fd.get());
}

int DirNames::read_kept(const Dir& base, const char* path) {
  const std::uint64_t now = error_ == ENOENT ? base.absence() : base.listing();
  if (now != 0 && now == read_at_) {
    return error_;
  }
  read_at_ = base.absence();
  error_ = read_anew(base, path);
  if (error_ != 0 && error_ != ENOENT) {
    read_at_ = 0;
  }
  return error_;
}

int DirNames::read_anew(const Dir& base, const char* path) {
  if (kept_) {
    // A folder that was removed stays open and empty; its successor has to be looked up by name.
    if (::lseek(kept_.get(), 0, SEEK_SET) == 0 && read_entries(kept_.get()) == 0 && !entries_.empty()) {
      return 0;
    }
    kept_.reset();
  }
  text_.clear();
  entries_.clear();
  kept_.reset(::openat(base.fd(), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!kept_) {
    return errno;
  }
  int error = read_entries(kept_.get());
  if (error == 0 && !entries_.empty()) {
    error = base.open_dir(path, folder_);
  }
  if (error != 0 || entries_.empty()) {
    kept_.reset();
  }
  return error;
}

int DirNames::read_entries(int fd) {
  text_.clear();
  entries_.clear();
  if (!buffer_) {
    buffer_ = std::make_unique<char[]>(kBuffer);
  }
  // Not readdir(3), which allocates for each folder it opens.
  for (;;) {
    const ssize_t got = ::getdents64(fd, buffer_.get(), kBuffer);
    if (got < 0) {
      text_.clear();
      entries_.clear();
      return errno;
    }
    if (got == 0) {
      break;
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* const entry = reinterpret_cast<const dirent64*>(buffer_.get() + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") {
        // The text may still move: for now only the length counts.
        entries_.push_back({name, entry->d_ino});
        text_.insert(text_.end(), name.begin(), name.end());
        text_.push_back('\0');
      }
    }
    // Before the buffer is filled again.
    std::size_t begin = 0;
    for (auto& entry : entries_) {
      entry.name = {text_.data() + begin, entry.name.size()};
      begin += entry.name.size() + 1;
    }
  }
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return 0;
}

}  // namespace platform
