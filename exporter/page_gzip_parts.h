// What learning a page and writing one have in common. For page_gzip*.cpp only.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/line_matcher.h"
#include "exporter/page_gzip.h"

namespace exporter {

// A step is 64 bits, from the lowest: 0, count of bits (7), bits (56); or a match: 1, part (24), length (9), none (6),
// shift (24).
inline constexpr unsigned kMostBits = 56;
inline constexpr std::uint32_t kMostParts = (1U << 24U) - 1;

// Where the part ends that begins here, at the end of a value or of the page before: the rest of that line, comments
// and empty lines, and the next line up to its last space. A line without a space is all part.
std::size_t part_length(std::string_view rest);

// Where a part is cut in two: before the labels of its last line, if there are any.
inline std::size_t cut_of(std::string_view part) {
  const std::size_t line = part.rfind('\n') + 1;  // 0 without one
  return std::min(part.find('{', line), part.size());
}

// The same for a part as a whole and for its pieces.
inline std::size_t part_hash(std::string_view head, std::string_view tail) {
  const std::hash<std::string_view> hash;
  return hash(head) * 31 + hash(tail);
}

struct ValueMatch {
  std::size_t length = 0;  // 0: there is none
  std::size_t distance = 0;
};

inline constexpr std::size_t kLeastValue = 4;  // that is looked for
inline std::uint32_t four_bytes(const char* bytes) {
  std::uint32_t four = 0;
  std::memcpy(&four, bytes, sizeof four);
  return four;
}

// A value of this page that begins as the one at `at` does. `values` has the places of the last ones, plus 1, by their
// first bytes; whatever it says, the bytes are compared.
inline ValueMatch match_value(std::string_view text, std::size_t at, std::array<std::uint32_t, 256>& values) {
  if (text.size() - at < kLeastValue) {
    return {};
  }
  const std::uint32_t four = four_bytes(text.data() + at);
  const std::uint32_t ends = four ^ 0x0a0a0a0aU;  // a zero byte is the end of the line
  if (((ends - 0x01010101U) & ~ends & 0x80808080U) != 0) {
    return {};
  }
  std::uint32_t& slot = values[(four * 2654435761U) >> 24U];
  const std::size_t from = std::size_t{slot} - 1;
  const bool near = slot != 0 && at - from <= DeflateCode::kMostDistance;
  slot = static_cast<std::uint32_t>(at + 1);
  if (!near || four_bytes(text.data() + from) != four) {
    return {};
  }
  const std::size_t most = std::min(text.size() - at, DeflateCode::kMostLength);
  std::size_t length = kLeastValue;
  while (length < most && text[at + length] != '\n' && text[from + length] == text[at + length]) {
    ++length;
  }
  return {length, at - from};
}

struct PageGzip::Changes {
  explicit Changes(std::string_view text) : matcher(text) {}
  LineMatcher matcher;
  std::unordered_map<std::size_t, std::size_t> turns;  // of the last page's parts, by hash
  std::vector<std::uint32_t> order;                    // of this page
  std::vector<PageToken> tokens;
  std::size_t added = 0;
};

}  // namespace exporter
