#include "platform/lua_items.h"

namespace platform::lua {
namespace {

// <cctype> follows the locale; Lua's classes in Redis are those of C.
constexpr bool lower(unsigned char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool upper(unsigned char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool digit(unsigned char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool alpha(unsigned char c) noexcept { return lower(c) || upper(c); }
constexpr bool space(unsigned char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool control(unsigned char c) noexcept { return c < 0x20 || c == 0x7f; }
constexpr bool punctuation(unsigned char c) noexcept { return c > ' ' && c < 0x7f && !alpha(c) && !digit(c); }
constexpr bool hexadecimal(unsigned char c) noexcept {
  return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

bool in_class(unsigned char c, unsigned char name) noexcept {
  bool result = false;
  switch (name | 0x20) {
    case 'a':
      result = alpha(c);
      break;
    case 'c':
      result = control(c);
      break;
    case 'd':
      result = digit(c);
      break;
    case 'l':
      result = lower(c);
      break;
    case 'p':
      result = punctuation(c);
      break;
    case 's':
      result = space(c);
      break;
    case 'u':
      result = upper(c);
      break;
    case 'w':
      result = alpha(c) || digit(c);
      break;
    case 'x':
      result = hexadecimal(c);
      break;
    case 'z':
      result = c == 0;
      break;
    default:
      return name == c;
  }
  if (!alpha(name)) {
    return name == c;  // '|0x20' has made a letter of another character
  }
  return upper(name) ? !result : result;
}

std::size_t item_end(std::string_view pattern, std::size_t at) noexcept {
  if (at >= pattern.size()) {
    return kNone;
  }
  if (pattern[at] == '%') {
    return at + 1 < pattern.size() ? at + 2 : kNone;
  }
  if (pattern[at] != '[') {
    return at + 1;
  }
  ++at;
  if (at < pattern.size() && pattern[at] == '^') {
    ++at;
  }
  // A ']' that comes first stands for itself.
  bool first = true;
  for (; at < pattern.size(); ++at, first = false) {
    if (pattern[at] == ']' && !first) {
      return at + 1;
    }
    if (pattern[at] == '%' && ++at >= pattern.size()) {
      return kNone;
    }
  }
  return kNone;
}

bool in_set(unsigned char c, std::string_view set) noexcept {
  const std::size_t end = set.size() - 1;
  std::size_t at = 1;
  const bool negated = set[at] == '^' && at < end;
  at += negated ? 1 : 0;
  for (; at < end; ++at) {
    const auto one = static_cast<unsigned char>(set[at]);
    if (one == '%' && at + 1 < end) {
      if (in_class(c, static_cast<unsigned char>(set[++at]))) {
        return !negated;
      }
    } else if (at + 2 < end && set[at + 1] == '-') {
      if (one <= c && c <= static_cast<unsigned char>(set[at + 2])) {
        return !negated;
      }
      at += 2;
    } else if (one == c) {
      return !negated;
    }
  }
  return negated;
}

std::string what_is_wrong(std::string_view pattern, std::size_t most_captures) {
  std::size_t captures = 0;
  std::size_t open = 0;
  for (std::size_t at = pattern.starts_with('^') ? 1 : 0; at < pattern.size();) {
    const char next = at + 1 < pattern.size() ? pattern[at + 1] : '\0';
    if (pattern[at] == '(') {
      if (++captures > most_captures) {
        return "it has more than " + std::to_string(most_captures) + " captures";
      }
      open += next == ')' ? 0 : 1;
      at += next == ')' ? 2 : 1;
    } else if (pattern[at] == ')') {
      if (open-- == 0) {
        return "a ) without (";
      }
      ++at;
    } else if (pattern[at] == '%' && next == 'b') {
      if (at + 3 >= pattern.size()) {
        return "%b lacks its two characters";
      }
      at += 4;
    } else if (pattern[at] == '%' && next == 'f') {
      const std::size_t end = item_end(pattern, at + 2);
      if (end == kNone || pattern[at + 2] != '[') {
        return "%f lacks its [set]";
      }
      at = end;
    } else if (pattern[at] == '%' && digit(static_cast<unsigned char>(next))) {
      if (next == '0' || static_cast<std::size_t>(next - '0') > captures) {
        return "a reference to a capture that is not there";
      }
      at += 2;
    } else if (const std::size_t end = item_end(pattern, at); end == kNone) {
      return pattern[at] == '[' ? "a [ without ]" : "it ends with %";
    } else {
      at = end;
    }
  }
  return open == 0 ? "" : "a ( without )";
}

}  // namespace platform::lua
