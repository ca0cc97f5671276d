// A Huffman code for one dynamic deflate block (RFC 1951, 3.2.7): made once of counts, then used for many pages.
//
// Every literal, length and distance has a code word, whatever the counts were, so that any text can be written with
// it.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace exporter {

// Writes bits, the lowest first. The caller sees to the room: flush() writes eight bytes whatever is there.
class BitWriter {
 public:
  explicit BitWriter(char* out) noexcept : out_(out) {}
  // At most 56 bits between two calls of flush().
  void put(std::uint64_t bits, unsigned count) noexcept {
    kept_ |= bits << count_;
    count_ += count;
  }
  void flush() noexcept {
    std::uint64_t bytes = kept_;
    if constexpr (std::endian::native == std::endian::big) {
      bytes = __builtin_bswap64(bytes);
    }
    std::memcpy(out_, &bytes, sizeof bytes);
    out_ += count_ >> 3U;
    kept_ >>= count_ & 0x38U;
    count_ &= 7U;
  }
  // The end of what is written, with the last byte filled up.
  char* finish() noexcept {
    flush();
    return out_ + (count_ != 0 ? 1 : 0);
  }

 private:
  char* out_;
  std::uint64_t kept_ = 0;
  unsigned count_ = 0;  // bits in kept_; less than 8 after flush()
};

class DeflateCode {
 public:
  static constexpr std::size_t kSymbols = 286;  // literals, the end of the block, lengths
  static constexpr std::size_t kDistances = 30;
  static constexpr unsigned kLongest = 12;  // of a code word of kSymbols
  static constexpr unsigned kEnd = 256;
  static constexpr std::size_t kMostLength = 258;
  static constexpr std::size_t kMostDistance = 32768;

  struct Bits {
    std::uint32_t bits = 0;
    std::uint32_t count = 0;
  };
  struct Counts {
    std::array<std::uint32_t, kSymbols> symbols{};
    std::array<std::uint32_t, kDistances> distances{};
    void match(std::size_t length, std::size_t distance) noexcept;
  };

  void make(const Counts& counts);

  Bits literal(char byte) const noexcept { return symbols_.data()[static_cast<unsigned char>(byte)]; }
  Bits end() const noexcept { return symbols_[kEnd]; }
  // 3 to kMostLength, and 1 to kMostDistance; at most 42 bits.
  void put_match(BitWriter& out, std::size_t length, std::size_t distance) const noexcept {
    const Bits head = lengths_.data()[length];
    out.put(head.bits, head.count);
    const auto rest = static_cast<std::uint32_t>(distance - 1);
    // Zero and one are symbols of their own; others are the two highest bits, and the rest as it is.
    const unsigned extra = rest < 2 ? 0 : static_cast<unsigned>(std::bit_width(rest)) - 2;
    const Bits word = distances_.data()[2 * extra + (rest >> extra)];
    out.put(word.bits | (std::uint64_t{rest & ((1U << extra) - 1)} << word.count), word.count + extra);
    out.flush();
  }
  // The block's head: a last block, and the code. Its size is at most kMostHead bytes.
  static constexpr std::size_t kMostHead = 400;
  void put_head(BitWriter& out) const noexcept;

 private:
  static unsigned distance_symbol(std::uint32_t rest) noexcept {
    if (rest < 4) {
      return rest;
    }
    const auto top = static_cast<unsigned>(std::bit_width(rest)) - 1;
    return 2 * top + ((rest >> (top - 1)) & 1U);
  }

  std::array<Bits, kSymbols> symbols_{};
  std::array<Bits, kMostLength + 1> lengths_{};  // with the extra bits
  std::array<Bits, kDistances> distances_{};
  std::vector<Bits> head_;
};

}  // namespace exporter
