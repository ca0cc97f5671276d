#include "exporter/deflate_code.h"

#include <algorithm>
#include <numeric>

namespace exporter {
namespace {

using Lengths = std::vector<std::uint8_t>;

// First length and extra bits of the symbols 257 to 285.
constexpr std::array<std::uint16_t, 29> kFirstLength = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                                        31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
constexpr std::array<std::uint8_t, 29> kExtraOfLength = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                         2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

std::size_t length_symbol(std::size_t length) {
  return static_cast<std::size_t>(std::upper_bound(kFirstLength.begin(), kFirstLength.end(), length) -
                                  kFirstLength.begin() - 1);
}

// Depths in the tree of Huffman. Every symbol is counted `least` times at least, so none is left out.
Lengths depths(std::span<const std::uint32_t> counts, std::uint32_t least) {
  const std::size_t n = counts.size();
  std::vector<std::uint64_t> weight(2 * n - 1);
  std::vector<std::size_t> parent(2 * n - 1);
  std::vector<std::size_t> open(n);  // heads of trees, the lightest at the back
  for (std::size_t i = 0; i < n; ++i) {
    weight[i] = std::max(counts[i], least);
  }
  std::iota(open.begin(), open.end(), std::size_t{0});
  const auto heavier = [&](std::size_t a, std::size_t b) {
    return weight[a] != weight[b] ? weight[a] > weight[b] : a > b;
  };
  std::sort(open.begin(), open.end(), heavier);
  for (std::size_t made = n; made < 2 * n - 1; ++made) {
    for (int child = 0; child < 2; ++child) {
      weight[made] += weight[open.back()];
      parent[open.back()] = made;
      open.pop_back();
    }
    open.insert(std::upper_bound(open.begin(), open.end(), made, heavier), made);
  }
  Lengths all(2 * n - 1, 0);
  for (std::size_t i = 2 * n - 2; i-- > 0;) {
    all[i] = static_cast<std::uint8_t>(std::min(all[parent[i]] + 1, 255));
  }
  all.resize(n);
  return all;
}

// The same, no longer than `longest`: rare symbols are counted more often until it fits.
Lengths limited(std::span<const std::uint32_t> counts, unsigned longest) {
  for (std::uint32_t least = 1;; least += least / 4 + 1) {
    Lengths lengths = depths(counts, least);
    if (*std::max_element(lengths.begin(), lengths.end()) <= longest) {
      return lengths;
    }
  }
}

// Code words in the order of RFC 1951, 3.2.2, with their bits turned around.
void words(const Lengths& lengths, std::span<DeflateCode::Bits> out) {
  std::array<std::uint32_t, 17> next{};
  for (const auto length : lengths) {
    ++next[length + 1U];
  }
  next[1] = 0;  // of those without a code word
  std::uint32_t code = 0;
  for (std::size_t length = 1; length < next.size(); ++length) {
    code = (code + next[length]) << 1U;
    next[length] = code;
  }
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const unsigned length = lengths[i];
    std::uint32_t turned = 0;
    if (length != 0) {
      const std::uint32_t word = next[length]++;
      for (unsigned bit = 0; bit < length; ++bit) {
        turned |= ((word >> bit) & 1U) << (length - 1 - bit);
      }
    }
    out[i] = {turned, length};
  }
}

struct Run {
  std::uint8_t symbol;
  std::uint8_t extra;
  std::uint8_t extra_bits;
};

// Lengths as symbols of the code of code lengths: 16 says the last one again, 3 to 6 times. None is 0 here.
std::vector<Run> runs_of(const Lengths& lengths) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < lengths.size();) {
    std::size_t same = 1;
    while (i + same < lengths.size() && lengths[i + same] == lengths[i]) {
      ++same;
    }
    runs.push_back({lengths[i], 0, 0});
    std::size_t more = same - 1;
    while (more >= 3) {
      const std::size_t now = std::min<std::size_t>(more, 6);
      runs.push_back({16, static_cast<std::uint8_t>(now - 3), 2});
      more -= now;
    }
    runs.insert(runs.end(), more, {lengths[i], 0, 0});
    i += same;
  }
  return runs;
}

}  // namespace

void DeflateCode::Counts::match(std::size_t length, std::size_t distance) noexcept {
  ++symbols[257 + length_symbol(length)];
  ++distances[distance_symbol(static_cast<std::uint32_t>(distance - 1))];
}

void DeflateCode::make(const Counts& counts) {
  Lengths lengths = limited(counts.symbols, kLongest);
  words(lengths, symbols_);
  const Lengths distance_lengths = limited(counts.distances, kLongest);
  words(distance_lengths, distances_);
  for (std::size_t length = 3; length <= kMostLength; ++length) {
    const std::size_t symbol = length_symbol(length);
    const Bits word = symbols_[257 + symbol];
    lengths_[length] = {static_cast<std::uint32_t>(word.bits | ((length - kFirstLength[symbol]) << word.count)),
                        word.count + kExtraOfLength[symbol]};
  }
  lengths.insert(lengths.end(), distance_lengths.begin(), distance_lengths.end());
  const auto runs = runs_of(lengths);
  constexpr std::size_t kKinds = 19;
  std::array<std::uint32_t, kKinds> kinds{};
  for (const auto& run : runs) {
    ++kinds[run.symbol];
  }
  const Lengths kind_lengths = limited(kinds, 7);
  std::array<Bits, kKinds> kind_words{};
  words(kind_lengths, kind_words);
  constexpr std::array<std::uint8_t, kKinds> kOrder = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                       11, 4,  12, 3, 13, 2, 14, 1, 15};
  head_ = {{1, 1}, {2, 2}, {kSymbols - 257, 5}, {kDistances - 1, 5}, {kKinds - 4, 4}};
  for (const auto kind : kOrder) {
    head_.push_back({kind_lengths[kind], 3});
  }
  for (const auto& run : runs) {
    const Bits word = kind_words[run.symbol];
    head_.push_back({word.bits | (static_cast<std::uint32_t>(run.extra) << word.count), word.count + run.extra_bits});
  }
}

void DeflateCode::put_head(BitWriter& out) const noexcept {
  for (const auto& bits : head_) {
    out.put(bits.bits, bits.count);
    out.flush();
  }
}

}  // namespace exporter
