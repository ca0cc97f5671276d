#include "platform/summed_rows.h"

#include "platform/text.h"

namespace platform {

bool SummedRows::same_columns(const Rows& rows) const noexcept {
  if (rows.columns() != names_.size()) {
    return false;
  }
  for (std::size_t column = 0; column < names_.size(); ++column) {
    if (rows.name(column) != names_[column]) {
      return false;
    }
  }
  return true;
}

bool SummedRows::add(const Rows& rows) {
  if (!same_columns(rows)) {
    names_.clear();
    rows_.clear();
    places_.clear();
    for (std::size_t column = 0; column < rows.columns(); ++column) {
      names_.emplace_back(rows.name(column));
    }
  }
  if (names_.empty()) {
    return rows.rows() == 0;
  }
  const std::size_t last = names_.size() - 1;
  bool all = true;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto count = number<std::uint64_t>(rows.text(row, last));
    if (!count) {
      all = false;
      continue;
    }
    key_.clear();
    for (std::size_t column = 0; column < last; ++column) {
      key_.append(rows.text(row, column)).push_back('\0');
    }
    auto found = places_.find(std::string_view(key_));
    if (found == places_.end()) {
      if (rows_.size() == most_) {
        all = false;
        continue;
      }
      found = places_.emplace(key_, rows_.size()).first;
      Row& fresh = rows_.emplace_back();
      for (std::size_t column = 0; column < last; ++column) {
        fresh.cells.emplace_back(rows.text(row, column));
      }
      fresh.cells.emplace_back();
    }
    Row& sum = rows_[found->second];
    sum.sum += *count;
    sum.cells.back() = std::to_string(sum.sum);
  }
  return all;
}

std::string_view SummedRows::text(std::size_t row, std::size_t column) const noexcept {
  return rows_[row].cells[column];
}

}  // namespace platform
