// The gzip form of pages that differ little from one scrape to the next (RFC 1951 and 1952).
//
// A page is cut into parts that stay (the end of a line, HELP, TYPE, a series up to its value) and values. Of each part
// the finished code words are kept, and for repetitions the part they repeat: only their distance is worked out for
// each page. A known part is compared and its words are copied; an unknown one is worked out once. A warm page costs a
// quarter of the fastest level of libdeflate, and is about as small. One whose lines come and go costs more than that
// level: after a few such pages in a row they are refused for a while, longer each time.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "exporter/deflate_code.h"
#include "exporter/line_matcher.h"

namespace exporter {

// For pages of one kind. Not thread-safe. Allocates nothing while pages have the same parts.
class PageGzip {
 public:
  // Longer pages are refused.
  static constexpr std::size_t kMostText = 16'000'000;

  PageGzip();
  PageGzip(const PageGzip&) = delete;
  PageGzip& operator=(const PageGzip&) = delete;
  ~PageGzip();

  // Room that any text of this size fits into.
  static constexpr std::size_t bound(std::size_t text) noexcept {
    return text + text / 2 + DeflateCode::kMostHead + 64;
  }
  // Writes `text` as a gzip file and returns its size in bytes. 0: another way is to be taken, since this is the first
  // page, or it differs too much from the last one, or does not shrink, or `capacity` is less than bound().
  std::size_t pack(std::string_view text, char* out, std::size_t capacity);
  // What it holds on to, in bytes.
  std::size_t memory() const noexcept;

 private:
  // A part is kept in two pieces, cut before the labels of its last line: the series of a container differ in their
  // names, and those of a family in their labels, so a piece is mostly known already.
  struct Part {
    std::uint32_t head = 0;  // in texts_
    std::uint32_t tail = 0;
    std::uint32_t head_size = 0;
    std::uint32_t tail_size = 0;
    std::uint32_t step = 0;  // in steps_
    std::uint64_t at = 0;    // where it was written last, counted over all pages
  };
  class Tails;
  static constexpr std::uint32_t kNone = 0xffffffff;
  // Of the page being written, made when a part is not where it was on the last page.
  struct Changes;
  // Where values of this page stand, by their first four bytes, plus 1.
  using Values = std::array<std::uint32_t, 256>;

  bool learn(std::string_view text);
  std::size_t write(std::string_view text, char* out);
  bool stands_at(std::uint32_t part, std::string_view rest) const noexcept;
  std::size_t length_of(std::uint32_t part) const noexcept {
    return std::size_t{parts_[part].head_size} + parts_[part].tail_size;
  }
  std::string_view head_of(const Part& part) const noexcept { return {texts_.data() + part.head, part.head_size}; }
  std::string_view tail_of(const Part& part) const noexcept { return {texts_.data() + part.tail, part.tail_size}; }
  std::uint32_t find(std::string_view text, std::size_t at, std::size_t& turn, std::unique_ptr<Changes>& changes);
  void start_changes(std::string_view text, std::size_t at, std::size_t turn, std::unique_ptr<Changes>& changes) const;
  std::uint32_t add(std::string_view text, std::size_t at, std::size_t length, Changes& changes);
  void count(std::string_view part, std::size_t at, const PageToken* token, const PageToken* last,
             DeflateCode::Counts& counts) const;
  std::uint32_t keep(std::string_view part, Tails* tails);
  std::uint32_t keep_text(std::string_view text);
  void put_steps(std::string_view part, const PageToken* token, const PageToken* last);
  bool write_part(BitWriter& bits, std::uint32_t part) const noexcept;
  std::size_t write_value(BitWriter& bits, std::string_view text, std::size_t at, Values& values) const noexcept;
  void settle(Changes* changes, std::size_t turn);
  void forget();

  DeflateCode code_;
  std::vector<char> texts_;           // pieces of the parts, one after the other
  std::vector<std::uint64_t> steps_;  // code words, or a match; see put_steps()
  std::vector<Part> parts_;           // and where the steps of the last one end
  std::vector<std::uint32_t> order_;  // the parts of the last page
  std::uint64_t base_ = 0;            // of the page's first byte, counted over all pages
  // Pages to be refused before one is learned: the first one, and more the more often it was of no use.
  unsigned wait_ = 1;
  unsigned next_wait_ = 1;
  unsigned changed_ = 0;  // pages in a row that had not the same parts as the one before
  unsigned calm_ = 0;     // that had
};

}  // namespace exporter
