// A small file that the user named in a setting: read whole, or refused with the reason.
#pragma once
#include <cstddef>
#include <string>

#include "platform/dir.h"
#include "platform/file_stamp.h"

namespace platform {

// Empty, or why it cannot be had, without its path: it is not there, no regular file, or larger than `most`. `stamp`
// becomes that of the file that was read, so that one that comes in its place meanwhile is seen the next time; it stays
// where there is none to open.
std::string read_settings_file(const std::string& path, std::size_t most, ReadBuffer& buffer, FileStamp& stamp);

}  // namespace platform
