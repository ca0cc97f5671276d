// Kernel text with a key and a value on each line: "commits 258051", "target:  20.4G", "hits  4  1736".
#pragma once
#include <string_view>
#include <utility>

#include "platform/text.h"

namespace exporter::host {

// Calls visit(key, value) for each line of `text` that is not blank. The key ends at the first `separator`; both are
// without the blanks around them, and the value may be empty. Views point into `text`.
template <class Visit>
void each_line(std::string_view text, char separator, Visit&& visit) {
  while (!text.empty()) {
    std::string_view value = platform::trim(platform::take(text, '\n'));
    if (!value.empty()) {
      const auto key = platform::trim(platform::take(value, separator));
      visit(key, platform::trim(value));
    }
  }
}

}  // namespace exporter::host
