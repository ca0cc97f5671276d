// Feeds matches_redis_glob() with any pattern and text: an input is the pattern, a zero byte, and the text. It must say
// what a table of all pairs of places says, which follows the pattern's definition and never goes back.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/redis_glob.h"

namespace {

constexpr std::size_t kLargestTable = 1 << 18;

struct Item {
  bool star = false;
  std::vector<bool> bytes = std::vector<bool>(256);  // that it stands for
};

unsigned char byte(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

// Reads the set behind a '[', and its ']'.
Item take_set(std::string_view pattern, std::size_t& at) {
  Item item;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  at += negated ? 1 : 0;
  while (at < pattern.size() && pattern[at] != ']') {
    std::size_t high = at;
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      high = ++at;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      high = at + 2;
    }
    const std::pair<unsigned, unsigned> ends = std::minmax<unsigned>(byte(pattern, at), byte(pattern, high));
    for (unsigned c = ends.first; c <= ends.second; ++c) {
      item.bytes[c] = true;
    }
    at = high + 1;
  }
  ++at;
  if (negated) {
    item.bytes.flip();
  }
  return item;
}

std::vector<Item> items_of(std::string_view pattern) {
  std::vector<Item> items;
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at++];
    if (c == '[') {
      items.push_back(take_set(pattern, at));
      continue;
    }
    Item& item = items.emplace_back();
    item.star = c == '*';
    if (c == '?') {
      item.bytes.flip();
    } else {
      at += c == '\\' && at < pattern.size() ? 1 : 0;
      item.bytes[byte(pattern, at - 1)] = true;
    }
  }
  return items;
}

// Whether the items so far match the first so many bytes of the text, for all of them at once.
bool by_table(const std::vector<Item>& items, std::string_view text) {
  std::vector<bool> row(text.size() + 1);
  row[0] = true;
  for (const auto& item : items) {
    std::vector<bool> next(text.size() + 1);
    next[0] = item.star && row[0];
    for (std::size_t i = 1; i <= text.size(); ++i) {
      next[i] = item.star ? row[i] || next[i - 1] : row[i - 1] && item.bytes[byte(text, i - 1)];
    }
    row = std::move(next);
  }
  return row.back();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\0'), input.size());
  const auto pattern = input.substr(0, end);
  const auto text = input.substr(std::min(end + 1, input.size()));
  const bool matches = platform::matches_redis_glob(pattern, text);
  if (pattern.size() * text.size() <= kLargestTable && matches != by_table(items_of(pattern), text)) {
    std::fprintf(stderr, "it %s\n", matches ? "should not match" : "should match");
    std::abort();
  }
  return 0;
}
