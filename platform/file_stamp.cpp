#include "platform/file_stamp.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace platform {
namespace {

FileStamp from(const struct stat& file) noexcept {
  return {file.st_dev,          file.st_ino,         file.st_size,         file.st_mtim.tv_sec,
          file.st_mtim.tv_nsec, file.st_ctim.tv_sec, file.st_ctim.tv_nsec, S_ISREG(file.st_mode)};
}

}  // namespace

int stamp_of(const Dir& dir, const char* name, FileStamp& out) {
  out = {};
  struct stat file {};
  if (::fstatat(dir.fd(), name, &file, 0) != 0) {
    return errno;
  }
  out = from(file);
  return 0;
}

int stamp_of(const Fd& file, FileStamp& out) {
  out = {};
  struct stat state {};
  if (::fstat(file.get(), &state) != 0) {
    return errno;
  }
  out = from(state);
  return 0;
}

int stamp_of(const std::string& path, FileStamp& out) {
  out = {};
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) {
    return errno;
  }
  out = from(file);
  return 0;
}

}  // namespace platform
