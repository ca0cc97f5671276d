#include "platform/dir_names.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace platform {
namespace {

constexpr std::size_t kBuffer = 32768;

}  // namespace

int DirNames::read(const Dir& dir) {
  text_.clear();
  starts_.clear();
  names_.clear();
  const Fd fd(::openat(dir.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    return errno;
  }
  if (!buffer_) {
    buffer_ = std::make_unique<char[]>(kBuffer);
  }
  // Not readdir(3), which allocates for each folder it opens.
  for (;;) {
    const ssize_t got = ::getdents64(fd.get(), buffer_.get(), kBuffer);
    if (got < 0) {
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
        starts_.push_back(text_.size());
        text_.insert(text_.end(), name.begin(), name.end());
        text_.push_back('\0');
      }
    }
  }
  for (const std::size_t start : starts_) {
    names_.emplace_back(text_.data() + start);
  }
  std::sort(names_.begin(), names_.end());
  return 0;
}

}  // namespace platform
