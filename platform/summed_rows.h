// Rows of many results of the same statement, added up: those that are equal but for the last column, a whole number,
// are one row with the sum.
//
// Bounded. Adding rows that were there before allocates nothing. Not thread-safe.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/rows.h"

namespace platform {

class SummedRows final : public Rows {
 public:
  explicit SummedRows(std::size_t most) noexcept : most_(most) {}

  // False when a row was left out: there are `most` others already, or the last column is no number. Rows of other
  // columns than before begin anew.
  bool add(const Rows& rows);

  // In the order of their first appearance. NULL is as empty text.
  std::size_t rows() const noexcept override { return rows_.size(); }
  std::size_t columns() const noexcept override { return names_.size(); }
  std::string_view name(std::size_t column) const noexcept override { return names_[column]; }
  std::string_view text(std::size_t row, std::size_t column) const noexcept override;
  bool null(std::size_t /*row*/, std::size_t /*column*/) const noexcept override { return false; }

 private:
  struct Row {
    std::vector<std::string> cells;
    std::uint64_t sum = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  bool same_columns(const Rows& rows) const noexcept;

  const std::size_t most_;
  std::vector<std::string> names_;
  std::vector<Row> rows_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> places_;  // by the cells, each with a NUL behind
  std::string key_;
};

}  // namespace platform
