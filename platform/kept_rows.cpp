#include "platform/kept_rows.h"

namespace platform {

void KeptRows::clear() noexcept {
  rows_ = 0;
  columns_ = 0;
  text_.clear();
  types_.clear();
  ends_.clear();
}

bool KeptRows::copy(const Rows& rows) {
  clear();
  columns_ = rows.columns();
  ends_.reserve((rows.rows() + 1) * columns_);
  for (std::size_t column = 0; column < columns_; ++column) {
    text_.append(rows.name(column));
    types_.push_back(rows.type(column));
    ends_.push_back(static_cast<std::uint32_t>(text_.size()));
  }
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    for (std::size_t column = 0; column < columns_; ++column) {
      const auto text = rows.text(row, column);
      if (text.size() >= kNull - text_.size()) {
        clear();
        return false;
      }
      text_.append(text);
      ends_.push_back(static_cast<std::uint32_t>(text_.size()) | (rows.null(row, column) ? kNull : 0));
    }
  }
  rows_ = rows.rows();
  return true;
}

}  // namespace platform
