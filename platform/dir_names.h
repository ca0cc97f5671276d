// The names in a folder, read anew each time into memory that is reused.
#pragma once
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "platform/dir.h"

namespace platform {

class DirNames {
 public:
  // Reads the entries of `dir` without "." and "..", sorted by name. Returns 0 or an errno value.
  int read(const Dir& dir);
  // Valid until the next read; each ends with a NUL behind it.
  const std::vector<std::string_view>& names() const noexcept { return names_; }

 private:
  std::vector<char> text_;
  std::vector<std::size_t> starts_;
  std::vector<std::string_view> names_;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace platform
