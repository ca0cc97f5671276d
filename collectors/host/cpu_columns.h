// The first line of /proc/interrupts and /proc/softirqs: "           CPU0       CPU2", a column for each CPU.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/text.h"

namespace exporter::host {

class CpuColumns {
 public:
  // False when the line is not such a header.
  bool read(std::string_view line) {
    if (line == line_) {
      return !numbers_.empty();
    }
    line_ = line;
    numbers_.clear();
    for (auto name = platform::word(line); !name.empty(); name = platform::word(line)) {
      if (!name.starts_with("CPU") || !platform::number<unsigned>(name.substr(3))) {
        numbers_.clear();
        return false;
      }
      numbers_.emplace_back(name.substr(3));
    }
    return !numbers_.empty();
  }

  // The numbers of the CPUs, as the kernel writes them: with one offline they are not the numbers of the columns.
  const std::vector<std::string>& numbers() const noexcept { return numbers_; }

 private:
  std::string line_;
  std::vector<std::string> numbers_;
};

}  // namespace exporter::host
