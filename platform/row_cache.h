// What is known about each row of a kernel table, found again without hashing or allocating: a table has the same rows
// in the same order at nearly every read.
#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace platform {

// One reading is start(), at() for each row in the table's order, finish(). Not for several threads at a time.
template <class T>
class RowCache {
 public:
  void start() noexcept { next_ = 0; }

  // What is kept for the row `key`; the result of make() when the row is new. Valid until finish() drops the row.
  template <class Make>
  T& at(std::string_view key, Make&& make) {
    if (next_ == rows_.size() || rows_[next_]->key != key) {
      bring(key, make);
    }
    return rows_[next_++]->value;
  }

  // Calls visit(key, value) for each row that is kept, in the table's order.
  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& row : rows_) {
      visit(std::string_view(row->key), row->value);
    }
  }

  // Forgets the rows that did not come since start().
  void finish() { rows_.resize(next_); }
  void clear() noexcept {
    rows_.clear();
    next_ = 0;
  }
  std::size_t size() const noexcept { return rows_.size(); }

 private:
  struct Row {
    std::string key;
    T value;
  };

  // Puts the row at the place where it is expected next.
  template <class Make>
  void bring(std::string_view key, Make& make) {
    const auto here = rows_.begin() + static_cast<std::ptrdiff_t>(next_);
    const auto found = std::find_if(here, rows_.end(), [&](const auto& row) { return row->key == key; });
    if (found == rows_.end()) {
      rows_.insert(here, std::unique_ptr<Row>(new Row{std::string(key), make()}));
    } else {
      std::rotate(here, found, found + 1);
    }
  }

  std::vector<std::unique_ptr<Row>> rows_;
  std::size_t next_ = 0;
};

}  // namespace platform
