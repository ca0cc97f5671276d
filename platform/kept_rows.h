// Rows that outlive the result they came from: a copy in one block of text.
//
// 13 bytes for a cell of 9 characters; a libpq result takes 16 more. Copying into one that was as large before
// allocates nothing. Not thread-safe.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "platform/rows.h"

namespace platform {

class KeptRows final : public Rows {
 public:
  // Takes the place of what was kept. False, and empty, when there is more than 2 GiB of text.
  bool copy(const Rows& rows);
  void clear() noexcept;

  std::size_t rows() const noexcept override { return rows_; }
  std::size_t columns() const noexcept override { return columns_; }
  std::string_view name(std::size_t column) const noexcept override { return cell(column); }
  std::string_view text(std::size_t row, std::size_t column) const noexcept override {
    return cell((row + 1) * columns_ + column);
  }
  bool null(std::size_t row, std::size_t column) const noexcept override {
    return (ends_[(row + 1) * columns_ + column] & kNull) != 0;
  }
  std::uint32_t type(std::size_t column) const noexcept override { return types_[column]; }

 private:
  static constexpr std::uint32_t kNull = 1U << 31;
  std::string_view cell(std::size_t index) const noexcept {
    const std::uint32_t begin = index == 0 ? 0 : ends_[index - 1] & ~kNull;
    return std::string_view(text_).substr(begin, (ends_[index] & ~kNull) - begin);
  }

  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::string text_;                  // names of the columns, then the cells, row by row
  std::vector<std::uint32_t> types_;  // of the columns
  std::vector<std::uint32_t> ends_;   // where each ends in text_; kNull beside it
};

}  // namespace platform
