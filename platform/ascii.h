// Letters of ASCII, whatever the locale.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>

namespace platform {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    c = lower(c);
  }
  return result;
}

// `small` has no capital letters.
inline bool equal_ignoring_case(std::string_view text, std::string_view small) noexcept {
  return std::equal(text.begin(), text.end(), small.begin(), small.end(), [](char x, char y) { return lower(x) == y; });
}

}  // namespace platform
