#include "platform/redis_glob.h"

#include <cstddef>
#include <utility>

namespace platform {
namespace {

// Whether `c` is in the set whose '[' stands at `at`; moves `at` behind it. A set without ']' ends with the pattern.
bool in_set(std::string_view pattern, std::size_t& at, unsigned char c) noexcept {
  ++at;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  at += negated ? 1 : 0;
  bool found = false;
  for (; at < pattern.size(); ++at) {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      ++at;
      found = found || static_cast<unsigned char>(pattern[at]) == c;
    } else if (pattern[at] == ']') {
      ++at;
      break;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      auto low = static_cast<unsigned char>(pattern[at]);
      auto high = static_cast<unsigned char>(pattern[at + 2]);
      if (low > high) {
        std::swap(low, high);
      }
      found = found || (low <= c && c <= high);
      at += 2;
    } else {
      found = found || static_cast<unsigned char>(pattern[at]) == c;
    }
  }
  return found != negated;
}

// One item that is no star.
bool one_matches(std::string_view pattern, std::size_t& at, unsigned char c) noexcept {
  if (pattern[at] == '[') {
    return in_set(pattern, at, c);
  }
  if (pattern[at] == '?') {
    ++at;
    return true;
  }
  if (pattern[at] == '\\' && at + 1 < pattern.size()) {
    ++at;
  }
  return static_cast<unsigned char>(pattern[at++]) == c;
}

}  // namespace

bool matches_redis_glob(std::string_view pattern, std::string_view text) noexcept {
  constexpr auto kNone = std::string_view::npos;
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = kNone;  // behind the last one seen
  std::size_t after = 0;     // where what it stands for ends so far
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      after = t;
      continue;
    }
    std::size_t next = p;
    if (p < pattern.size() && one_matches(pattern, next, static_cast<unsigned char>(text[t]))) {
      p = next;
      ++t;
    } else if (star != kNone) {
      p = star;
      t = ++after;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == kNone;
}

}  // namespace platform
