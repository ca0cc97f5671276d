// Finds what is said again in a page: deflate's matches for parts of the page that stay from one page to the next.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace exporter {

// A part of a page that is known by its number.
struct PagePart {
  std::uint32_t number = 0;
  std::size_t at = 0;  // in the page
  std::size_t length = 0;
};

// `length` bytes as they are, or the same bytes as stand in another part or earlier in this one.
struct PageToken {
  static constexpr std::uint32_t kLiteral = 0xffffffff;
  std::uint32_t part = kLiteral;
  std::uint32_t length = 0;
  // The distance, were both parts at one place: where this stands in its part, less where the match stands in its own.
  std::int32_t shift = 0;
};

// For one page and one thread; `text` outlives it. Takes half a megabyte while it lives.
class LineMatcher {
 public:
  // Parts that are further apart are not matched: values between them may get longer.
  static constexpr std::size_t kWindow = 30000;

  explicit LineMatcher(std::string_view text);
  // The next part, in the order of the page. Later ones are matched with it.
  void place(const PagePart& part) { placed_.push_back(part); }
  // Adds the tokens of the part placed last.
  void match(std::vector<PageToken>& tokens);

 private:
  struct Found {
    std::size_t length = 0;
    std::size_t at = 0;
    std::uint32_t owner = 0;
  };

  void index(std::size_t at, std::uint32_t owner);
  Found longest(std::size_t at, std::size_t end, std::uint32_t owner) const;

  std::string_view text_;
  std::vector<PagePart> placed_;
  std::size_t indexed_ = 0;            // of placed_
  std::vector<std::uint32_t> head_;    // by hash of four bytes: place of the last ones, plus 1
  std::vector<std::uint32_t> before_;  // by place, modulo the size: the one before with the same hash
  std::vector<std::uint32_t> owner_;   // the same: index in placed_
};

}  // namespace exporter
