// Text against a pattern in which * stands for any run of characters, also none, and ? for one.
#pragma once
#include <cstddef>
#include <string_view>

namespace platform {

// `admits(position in text, position of the * or ? in pattern)` says whether that may stand for text[position]. Goes
// back to the last star only, which is enough: a star takes as little as it can.
template <class Admits>
bool matches_wildcard(std::string_view pattern, std::string_view text, Admits admits) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last one seen
  std::size_t after = 0;                      // where what it stands for ends so far
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after = t;
    } else if (p < pattern.size() && (pattern[p] == text[t] || (pattern[p] == '?' && admits(t, p)))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos && admits(after, star)) {
      t = ++after;
      p = star + 1;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace platform
