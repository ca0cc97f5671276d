#include "platform/lua_pattern.h"

#include <array>

#include "platform/lua_items.h"

namespace platform {
namespace {

constexpr std::size_t kNone = lua::kNone;
constexpr std::size_t kOpen = kNone;          // size of a capture that is not closed yet
constexpr std::size_t kPosition = kNone - 1;  // of one that holds a position
constexpr int kMaxDepth = 200;

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
        return lua::in_class(c, static_cast<unsigned char>(pattern_[item + 1]));
      case '[':
        return lua::in_set(c, pattern_.substr(item, end - item));
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
      if (c == '%' && (next == 'b' || next == 'f' || (next >= '0' && next <= '9'))) {
        if (!special(at, item, next)) {
          return kNone;
        }
        continue;
      }
      const std::size_t end = lua::item_end(pattern_, item);
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
      const std::size_t end = lua::item_end(pattern_, set);
      if (end == kNone || pattern_[set] != '[') {
        return false;
      }
      const auto before = static_cast<unsigned char>(at == 0 ? '\0' : text_[at - 1]);
      const auto here = static_cast<unsigned char>(at < text_.size() ? text_[at] : '\0');
      const auto text = pattern_.substr(set, end - set);
      item = end;
      return !lua::in_set(before, text) && lua::in_set(here, text);
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

}  // namespace

LuaPattern::LuaPattern(std::string text) : text_(std::move(text)), error_(lua::what_is_wrong(text_, kMaxCaptures)) {}

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
