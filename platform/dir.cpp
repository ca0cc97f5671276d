#include "platform/dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "platform/changes.h"

namespace platform {
namespace {

constexpr std::size_t kFirstBuffer = 16384;

// The cases in which a kept descriptor's file is gone but its name may be there again.
bool vanished(int error) noexcept { return error == ENOENT || error == ENODEV || error == ESTALE || error == ESRCH; }

}  // namespace

void Fd::reset(int fd) noexcept {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  fd_ = fd;
}

void ReadBuffer::reserve(std::size_t capacity) {
  auto grown = std::make_unique<char[]>(capacity);
  if (size_ != 0) {
    std::memcpy(grown.get(), data_.get(), size_);
  }
  data_ = std::move(grown);
  capacity_ = capacity;
}

int ReadBuffer::fill(int fd) {
  size_ = 0;
  if (capacity_ == 0) {
    reserve(kFirstBuffer);
  }
  for (;;) {
    if (size_ == capacity_) {
      if (capacity_ >= kMaxFile) {
        size_ = 0;
        return EFBIG;
      }
      reserve(capacity_ * 2);
    }
    const ssize_t got = ::pread(fd, data_.get() + size_, capacity_ - size_, static_cast<off_t>(size_));
    if (got > 0) {
      size_ += static_cast<std::size_t>(got);
    } else if (got == 0) {
      return 0;
    } else if (errno != EINTR) {
      const int error = errno;
      size_ = 0;
      return error;
    }
  }
}

int ReadBuffer::fill_once(int fd) {
  size_ = 0;
  if (capacity_ == 0) {
    reserve(kFirstBuffer);
  }
  for (;;) {
    // Never more, however large the buffer has become: files of sysctl cost the kernel a zeroed buffer of this size.
    const ssize_t got = ::pread(fd, data_.get(), kFirstBuffer, 0);
    if (got >= 0) {
      size_ = static_cast<std::size_t>(got);
      return 0;
    }
    if (errno != EINTR) {
      return errno;
    }
  }
}

Dir::Dir(const std::string& path) : fd_(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

int Dir::open_dir(const char* name, Dir& out) const {
  out.fd_.reset(::openat(fd_.get(), name, O_PATH | O_DIRECTORY | O_CLOEXEC));
  return out.fd_ ? 0 : errno;
}

int Dir::open_file(const char* name, Fd& out) const {
  // O_NONBLOCK: opening a FIFO or a device by accident must not hang; it changes nothing for regular and kernel files.
  out.reset(::openat(fd_.get(), name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  return out ? 0 : errno;
}

int Dir::read(const char* name, ReadBuffer& buffer) const {
  buffer.clear();
  Fd file;
  if (const int error = open_file(name, file)) {
    return error;
  }
  return buffer.fill(file.get());
}

int Dir::list(const char* name, std::vector<std::string>& names) const {
  names.clear();
  Fd fd(::openat(fd_.get(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    return errno;
  }
  DIR* const stream = ::fdopendir(fd.get());
  if (stream == nullptr) {
    return errno;
  }
  fd.release();  // the stream owns it now
  errno = 0;
  while (const dirent* const entry = ::readdir(stream)) {  // NOLINT(concurrency-mt-unsafe): the stream is ours
    const std::string_view text = entry->d_name;
    if (text != "." && text != "..") {
      names.emplace_back(text);
    }
    errno = 0;
  }
  const int error = errno;
  ::closedir(stream);
  return error;
}

int Dir::link(const char* name, std::string& target) const {
  std::array<char, PATH_MAX> text;
  const ssize_t length = ::readlinkat(fd_.get(), name, text.data(), text.size());
  if (length < 0) {
    target.clear();
    return errno;
  }
  target.assign(text.data(), static_cast<std::size_t>(length));
  return 0;
}

std::uint64_t Dir::absence() const noexcept { return changes_ == nullptr ? 0 : changes_->number(); }

bool Dir::exists(const char* name) const noexcept { return ::faccessat(fd_.get(), name, F_OK, 0) == 0; }

int KeptFile::read(ReadBuffer& buffer, bool once) {
  buffer.clear();
  const bool kept = static_cast<bool>(fd_);
  for (int attempt = kept ? 0 : 1; attempt < 2; ++attempt) {
    if (!fd_) {
      const std::uint64_t now = dir_->absence();
      if (now != 0 && now == absent_) {
        return ENOENT;
      }
      if (const int error = dir_->open_file(name_.c_str(), fd_)) {
        absent_ = error == ENOENT ? now : 0;
        return error;
      }
    }
    const int error = once ? buffer.fill_once(fd_.get()) : buffer.fill(fd_.get());
    if (error == 0) {
      return 0;
    }
    fd_.reset();
    if (!vanished(error) || attempt == 1) {
      return error;
    }
  }
  return EIO;
}

}  // namespace platform
