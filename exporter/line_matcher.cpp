#include "exporter/line_matcher.h"

#include <algorithm>
#include <cstring>

namespace exporter {
namespace {

constexpr std::size_t kRing = 32768;
constexpr unsigned kHashBits = 14;
constexpr std::size_t kLeast = 6;  // shorter ones save few bytes and cost time on every page
constexpr std::size_t kMost = 258;
constexpr int kTries = 96;

std::size_t hash(const char* bytes) {
  std::uint32_t four = 0;
  std::memcpy(&four, bytes, sizeof four);
  return (four * 2654435761U) >> (32 - kHashBits);
}

}  // namespace

LineMatcher::LineMatcher(std::string_view text)
    : text_(text), head_(std::size_t{1} << kHashBits), before_(kRing), owner_(kRing) {}

void LineMatcher::index(std::size_t at, std::uint32_t owner) {
  const std::size_t slot = hash(text_.data() + at);
  before_[at % kRing] = head_[slot];
  owner_[at % kRing] = owner;
  head_[slot] = static_cast<std::uint32_t>(at + 1);
}

// The nearest of the longest. Neither side leaves its part, since what stands between parts changes.
LineMatcher::Found LineMatcher::longest(std::size_t at, std::size_t end, std::uint32_t owner) const {
  Found best;
  if (end - at < kLeast) {
    return best;
  }
  std::size_t next = head_[hash(text_.data() + at)];
  for (int tries = 0; tries < kTries && next != 0; ++tries) {
    const std::size_t from = next - 1;
    if (from >= at || at - from > kWindow) {
      break;
    }
    const std::uint32_t its = owner_[from % kRing];
    const std::size_t its_end = its == owner ? end : placed_[its].at + placed_[its].length;
    const std::size_t most = std::min({end - at, its == owner ? end - at : its_end - from, kMost});
    std::size_t length = 0;
    while (length < most && text_[from + length] == text_[at + length]) {
      ++length;
    }
    if (length > best.length) {
      best = {length, from, its};
    }
    const std::size_t before = before_[from % kRing];
    if (before >= next) {
      break;
    }
    next = before;
  }
  if (best.length < kLeast) {
    best.length = 0;
  }
  return best;
}

void LineMatcher::match(std::vector<PageToken>& tokens) {
  const auto owner = static_cast<std::uint32_t>(placed_.size() - 1);
  const PagePart part = placed_.back();
  const std::size_t end = part.at + part.length;
  const auto index_range = [&](std::size_t from, std::size_t to, std::size_t last, std::uint32_t its) {
    for (; from < to && from + kLeast <= last; ++from) {
      index(from, its);
    }
  };
  for (; indexed_ < owner; ++indexed_) {
    const PagePart& earlier = placed_[indexed_];
    if (earlier.at + earlier.length + kWindow > part.at) {
      const std::size_t last = earlier.at + earlier.length;
      index_range(std::max(earlier.at, part.at - std::min(part.at, kWindow)), last, last,
                  static_cast<std::uint32_t>(indexed_));
    }
  }
  indexed_ = owner + std::size_t{1};
  std::size_t literals = 0;
  const auto put_literals = [&] {
    if (literals != 0) {
      tokens.push_back({PageToken::kLiteral, static_cast<std::uint32_t>(literals), 0});
      literals = 0;
    }
  };
  std::size_t at = part.at;
  while (at < end) {
    const Found found = longest(at, end, owner);
    index_range(at, at + 1, end, owner);
    // A longer one at the next byte is worth a literal.
    if (found.length == 0 || (found.length < 64 && longest(at + 1, end, owner).length > found.length + 1)) {
      ++literals;
      ++at;
      continue;
    }
    put_literals();
    const PagePart& other = placed_[found.owner];
    tokens.push_back({other.number, static_cast<std::uint32_t>(found.length),
                      static_cast<std::int32_t>(static_cast<std::int64_t>(at - part.at) -
                                                static_cast<std::int64_t>(found.at - other.at))});
    index_range(at + 1, at + found.length, end, owner);
    at += found.length;
  }
  put_literals();
}

}  // namespace exporter
