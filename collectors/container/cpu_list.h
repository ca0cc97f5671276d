// Lists of CPUs or memory nodes as the kernel writes them: "0-3,8" (cpuset(7), list format).
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/text.h"

namespace exporter::container {

inline constexpr std::uint32_t kMostCpus = 65536;

// Calls visit(number) for each number of the list, in its order. False when the text is no such list, or has numbers
// from kMostCpus on; an empty one is a list without numbers.
template <class Visit>
bool each_listed(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    std::string_view last_text = platform::take(text, ',');
    const bool range = last_text.find('-') != std::string_view::npos;
    const auto first = platform::number<std::uint32_t>(platform::take(last_text, '-'));
    const auto last = range ? platform::number<std::uint32_t>(last_text) : first;
    if (!first || !last || *last < *first || *last >= kMostCpus) {
      return false;
    }
    for (std::uint32_t number = *first; number <= *last; ++number) {
      visit(number);
    }
  }
  return true;
}

// How many there are.
inline std::optional<std::uint64_t> listed(std::string_view text) {
  std::uint64_t count = 0;
  return each_listed(text, [&](std::uint32_t) { ++count; }) ? std::optional(count) : std::nullopt;
}

}  // namespace exporter::container
