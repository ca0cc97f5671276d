// Whether a file that is replaced by renaming has changed: cheaper than reading it, and a kept descriptor would never
// see the new one.
#pragma once
#include <cstdint>

#include "platform/dir.h"

namespace platform {

struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = -1;
  std::int64_t modified = 0;     // seconds since 1970
  std::int64_t modified_ns = 0;  // and their fraction
  std::int64_t changed = 0;      // the inode's: also seen when a tool sets mtime back
  std::int64_t changed_ns = 0;
  bool regular = false;

  bool operator==(const FileStamp&) const = default;
};

// Symbolic links are followed. All return 0 or an errno value; `out` is FileStamp{} on error.
int stamp_of(const Dir& dir, const char* name, FileStamp& out);
int stamp_of(const Fd& file, FileStamp& out);
// `path` as the process sees it: of a file that the user names in a setting.
int stamp_of(const std::string& path, FileStamp& out);

}  // namespace platform
