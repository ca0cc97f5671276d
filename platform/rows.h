// The result of one statement: rows of text, as PostgreSQL's text format gives them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace platform {

// Valid during the call it is passed to. Row and column must be in range.
class Rows {
 public:
  Rows() = default;
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  virtual ~Rows() = default;

  virtual std::size_t rows() const noexcept = 0;
  virtual std::size_t columns() const noexcept = 0;
  virtual std::string_view name(std::size_t column) const noexcept = 0;
  virtual std::string_view text(std::size_t row, std::size_t column) const noexcept = 0;  // empty for NULL
  virtual bool null(std::size_t row, std::size_t column) const noexcept = 0;
  // The column's SQL type, a number of pg_type; 0 where it is not known.
  virtual std::uint32_t type(std::size_t /*column*/) const noexcept { return 0; }

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  // The first column with this name, or kNone.
  std::size_t find(std::string_view column) const noexcept {
    for (std::size_t i = 0; i < columns(); ++i) {
      if (name(i) == column) {
        return i;
      }
    }
    return kNone;
  }
  // The last one.
  std::size_t find_last(std::string_view column) const noexcept {
    for (std::size_t i = columns(); i > 0; --i) {
      if (name(i - 1) == column) {
        return i - 1;
      }
    }
    return kNone;
  }
};

}  // namespace platform
