#include "platform/attributes.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace platform {

bool no_value(int error) noexcept {
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EINVAL:
    case ENODATA:
    case EOPNOTSUPP:
    case ENOTDIR:  // of "queue/rotational", for a device without that folder
      return true;
    default:
      return false;
  }
}

Attributes::Attributes(Dir folder, std::span<const char* const> names, OpenFiles& open_files)
    : folder_(std::move(folder)), names_(names), open_files_(&open_files), files_(names.size(), kClosed) {}

Attributes::Attributes(Attributes&& other) noexcept
    : folder_(std::move(other.folder_)),
      names_(other.names_),
      open_files_(other.open_files_),
      files_(std::exchange(other.files_, {})) {}

Attributes::~Attributes() {
  std::size_t count = 0;
  for (const int file : files_) {
    if (file >= 0) {
      ::close(file);
      ++count;
    }
  }
  open_files_->give(count);
}

int Attributes::read(std::size_t index, ReadBuffer& buffer) {
  buffer.clear();
  int& file = files_[index];
  if (file < kAbsent) {
    ++file;
    return ENOENT;
  }
  if (file >= 0) {
    const int error = buffer.fill_once(file);
    if (error != ENOENT && error != ENODEV && error != ESTALE) {
      return error;
    }
    // The attribute may have been made anew under its old name.
    ::close(file);
    file = kClosed;
    open_files_->give(1);
  }
  return open(index, buffer);
}

int Attributes::open(std::size_t index, ReadBuffer& buffer) {
  int& file = files_[index];
  Fd fd;
  if (const int error = folder_.open_file(names_[index], fd)) {
    file = error == ENOENT || error == ENOTDIR ? kLongAbsent : kClosed;
    return error;
  }
  const int error = buffer.fill_once(fd.get());
  if (error == 0 || error != EISDIR) {
    file = error != ENODEV && error != ENOENT && open_files_->take() ? fd.release() : kOnce;
  }
  return error;
}

}  // namespace platform
