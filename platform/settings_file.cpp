#include "platform/settings_file.h"

#include <fcntl.h>

#include <cerrno>

#include "platform/byte_stream.h"

namespace platform {

std::string read_settings_file(const std::string& path, std::size_t most, ReadBuffer& buffer, FileStamp& stamp) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe must not make us wait
  if (!file) {
    return error_text(errno);
  }
  if (const int error = stamp_of(file, stamp)) {
    return error_text(error);
  }
  if (!stamp.regular) {
    return "it is no regular file";
  }
  if (stamp.size > static_cast<std::int64_t>(most)) {
    return "it is larger than " + std::to_string(most >> 20U) + " MiB; is this the right file?";
  }
  const int error = buffer.fill(file.get());
  return error == 0 ? std::string() : error_text(error);
}

}  // namespace platform
