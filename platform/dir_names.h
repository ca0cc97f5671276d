// The names in a folder, read anew each time into memory that is reused.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "platform/dir.h"

namespace platform {

class DirNames {
 public:
  struct Entry {
    std::string_view name;  // ends with a NUL behind it
    std::uint64_t inode;    // of the entry itself, also where it is a link
  };

  // Reads the entries of `dir` without "." and "..", sorted by name. Returns 0 or an errno value.
  int read(const Dir& dir);
  // The same for `path` under `base`, always the same path, which is kept open and opened anew once it is empty or
  // gone. Nothing is read while `base` says that nothing changed (Dir::follow).
  int read_kept(const Dir& base, const char* path);
  // Valid until the next read.
  const std::vector<Entry>& entries() const noexcept { return entries_; }
  // What read_kept() reads; invalid before.
  const Dir& folder() const noexcept { return folder_; }

 private:
  int read_anew(const Dir& base, const char* path);
  int read_entries(int fd);

  Fd kept_;
  Dir folder_;
  std::vector<char> text_;
  std::vector<Entry> entries_;
  std::unique_ptr<char[]> buffer_;
  std::uint64_t read_at_ = 0;  // Dir::absence() of the base when read_kept() last read
  int error_ = 0;              // what it returned
};

}  // namespace platform
