#include "platform/lua_pattern.h"

#include <array>

namespace platform {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kOpen = kNone;          // size of a capture that is not closed yet
constexpr std::size_t kPosition = kNone - 1;  // of one that holds a position
constexpr int kMaxDepth = 200;

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

// `c` against the class behind a '%': %a, or %A for its contrary, or the character itself.
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

// Where the single-character item at `at` ends, or kNone when it does not.
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

// `set` with its brackets.
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

class Matcher {
 public:
  Matcher(std::string_view pattern, std::string_view text) : pattern_(pattern), text_(text) {}

  bool gave_up() const noexcept { return gave_up_; }

  // Where a match that begins at `start` ends, or kNone.
  std::size_t match_at(std::size_t start) {
    captures_count_ = 0;
    return match(start, 0);
  }

  void append_captures(std::string& out) const {
    for (std::size_t i = 0; i < captures_count_; ++i) {
      const Capture& capture = captures_.at(i);
      if (capture.size == kPosition) {
        out += std::to_string(capture.begin + 1);
      } else if (capture.size != kOpen) {
        out += text_.substr(capture.begin, capture.size);
      }
    }
  }

 private:
  struct Capture {
    std::size_t begin;
    std::size_t size;
  };

  bool too_much() noexcept {
    gave_up_ = gave_up_ || ++steps_ > LuaPattern::kMaxSteps;
    return gave_up_;
  }

  bool one_matches(std::size_t at, std::size_t item, std::size_t end) noexcept {
    if (at >= text_.size() || too_much()) {
      return false;
    }
    const auto c = static_cast<unsigned char>(text_[at]);
    switch (pattern_[item]) {
      case '.':
        return true;
      case '%':
        return in_class(c, static_cast<unsigned char>(pattern_[item + 1]));
      case '[':
        return in_set(c, pattern_.substr(item, end - item));
      default:
        return static_cast<unsigned char>(pattern_[item]) == c;
    }
  }

  std::size_t match(std::size_t at, std::size_t item) {
    if (++depth_ > kMaxDepth) {
      gave_up_ = true;
    }
    const std::size_t result = gave_up_ ? kNone : match_here(at, item);
    --depth_;
    return result;
  }

  std::size_t match_here(std::size_t at, std::size_t item) {
    while (!too_much()) {
      if (item >= pattern_.size()) {
        return at;
      }
      const char c = pattern_[item];
      const char next = item + 1 < pattern_.size() ? pattern_[item + 1] : '\0';
      if (c == '(') {
        return next == ')' ? open_capture(at, item + 2, kPosition) : open_capture(at, item + 1, kOpen);
      }
      if (c == ')') {
        return close_capture(at, item + 1);
      }
      if (c == '$' && item + 1 == pattern_.size()) {
        return at == text_.size() ? at : kNone;
      }
      if (c == '%' && (next == 'b' || next == 'f' || digit(static_cast<unsigned char>(next)))) {
        if (!special(at, item, next)) {
          return kNone;
        }
        continue;
      }
      const std::size_t end = item_end(pattern_, item);
      if (end == kNone) {
        return kNone;
      }
      const char repeat = end < pattern_.size() ? pattern_[end] : '\0';
      if (repeat == '*' || repeat == '+') {
        return most(at, item, end, repeat == '+' ? 1 : 0);
      }
      if (repeat == '-') {
        return least(at, item, end);
      }
      const bool matches = one_matches(at, item, end);
      if (repeat == '?') {
        if (matches) {
          if (const std::size_t found = match(at + 1, end + 1); found != kNone) {
            return found;
          }
        }
        item = end + 1;
        continue;
      }
      if (!matches) {
        return kNone;
      }
      ++at;
      item = end;
    }
    return kNone;
  }

  // %b, %f and back references: moves both positions behind it.
  bool special(std::size_t& at, std::size_t& item, char kind) {
    if (kind == 'b') {
      at = balanced(at, item + 2);
      item += 4;
      return at != kNone;
    }
    if (kind == 'f') {
      const std::size_t set = item + 2;
      const std::size_t end = item_end(pattern_, set);
      if (end == kNone || pattern_[set] != '[') {
        return false;
      }
      const auto before = static_cast<unsigned char>(at == 0 ? '\0' : text_[at - 1]);
      const auto here = static_cast<unsigned char>(at < text_.size() ? text_[at] : '\0');
      const auto text = pattern_.substr(set, end - set);
      item = end;
      return !in_set(before, text) && in_set(here, text);
    }
    const auto number = static_cast<std::size_t>(kind - '1');
    if (kind == '0' || number >= captures_count_ || captures_.at(number).size >= kPosition) {
      return false;
    }
    const auto same = text_.substr(captures_.at(number).begin, captures_.at(number).size);
    if (!text_.substr(at).starts_with(same)) {
      return false;
    }
    at += same.size();
    item += 2;
    return true;
  }

  std::size_t balanced(std::size_t at, std::size_t pair) {
    if (pair + 1 >= pattern_.size() || at >= text_.size() || text_[at] != pattern_[pair]) {
      return kNone;
    }
    std::size_t open = 1;
    while (++at < text_.size() && !too_much()) {
      if (text_[at] == pattern_[pair + 1]) {
        if (--open == 0) {
          return at + 1;
        }
      } else if (text_[at] == pattern_[pair]) {
        ++open;
      }
    }
    return kNone;
  }

  std::size_t most(std::size_t at, std::size_t item, std::size_t end, std::size_t at_least) {
    std::size_t count = 0;
    while (one_matches(at + count, item, end)) {
      ++count;
    }
    for (; count >= at_least && count != kNone && !gave_up_; --count) {
      if (const std::size_t found = match(at + count, end + 1); found != kNone) {
        return found;
      }
    }
    return kNone;
  }

  std::size_t least(std::size_t at, std::size_t item, std::size_t end) {
    for (;;) {
      if (const std::size_t found = match(at, end + 1); found != kNone || gave_up_) {
        return found;
      }
      if (!one_matches(at, item, end)) {
        return kNone;
      }
      ++at;
    }
  }

  std::size_t open_capture(std::size_t at, std::size_t item, std::size_t size) {
    if (captures_count_ == captures_.size()) {
      return kNone;
    }
    captures_.at(captures_count_++) = {at, size};
    const std::size_t found = match(at, item);
    if (found == kNone) {
      --captures_count_;
    }
    return found;
  }

  std::size_t close_capture(std::size_t at, std::size_t item) {
    std::size_t open = captures_count_;
    while (open > 0 && captures_.at(open - 1).size != kOpen) {
      --open;
    }
    if (open == 0) {
      return kNone;
    }
    Capture& capture = captures_.at(open - 1);
    capture.size = at - capture.begin;
    const std::size_t found = match(at, item);
    if (found == kNone) {
      capture.size = kOpen;
    }
    return found;
  }

  const std::string_view pattern_;
  const std::string_view text_;
  std::array<Capture, LuaPattern::kMaxCaptures> captures_{};
  std::size_t captures_count_ = 0;
  std::uint32_t steps_ = 0;
  int depth_ = 0;
  bool gave_up_ = false;
};

std::string what_is_wrong(std::string_view pattern) {
  std::size_t captures = 0;
  std::size_t open = 0;
  for (std::size_t at = pattern.starts_with('^') ? 1 : 0; at < pattern.size();) {
    const char next = at + 1 < pattern.size() ? pattern[at + 1] : '\0';
    if (pattern[at] == '(') {
      if (++captures > LuaPattern::kMaxCaptures) {
        return "it has more than 32 captures";
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

}  // namespace

LuaPattern::LuaPattern(std::string text) : text_(std::move(text)), error_(what_is_wrong(text_)) {}

LuaPattern::Found LuaPattern::find(std::string_view text, std::string& captures) const {
  if (!error_.empty()) {
    return Found::no;
  }
  std::string_view pattern = text_;
  const bool anchored = pattern.starts_with('^');
  pattern.remove_prefix(anchored ? 1 : 0);
  Matcher matcher(pattern, text);
  for (std::size_t start = 0; start <= text.size(); ++start) {
    if (matcher.match_at(start) != kNone) {
      matcher.append_captures(captures);
      return Found::yes;
    }
    if (matcher.gave_up()) {
      return Found::too_long;
    }
    if (anchored) {
      break;
    }
  }
  return Found::no;
}

}  // namespace platform
