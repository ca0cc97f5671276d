#include "collectors/postgres/top_rows.h"

#include <algorithm>
#include <functional>

#include "platform/text.h"

namespace exporter::postgres {

using platform::Rows;

namespace {

double value(const Rows& rows, std::size_t row, std::size_t column) noexcept {
  return column == Rows::kNone ? 0 : platform::lenient_number(rows.text(row, column)).value_or(0);
}

}  // namespace

std::uint64_t TopRows::key_of(const Rows& rows, std::size_t row) const noexcept {
  std::uint64_t key = 0;
  for (const std::size_t column : columns_) {
    key = key * 0x9e3779b97f4a7c15U + std::hash<std::string_view>{}(rows.text(row, column));
  }
  return key;
}

const TopRows::Shown* TopRows::find(std::uint64_t key) const noexcept {
  const auto found = std::lower_bound(shown_.begin(), shown_.end(), key,
                                      [](const Shown& shown, std::uint64_t wanted) { return shown.key < wanted; });
  return found != shown_.end() && found->key == key ? &*found : nullptr;
}

std::span<const std::size_t> TopRows::choose(const Rows& rows, std::size_t except) {
  // What was shown last time.
  std::swap(shown_, next_);
  next_.clear();
  for (auto& shown : shown_) {
    shown.before = true;
  }
  std::sort(shown_.begin(), shown_.end(), [](const Shown& a, const Shown& b) { return a.key < b.key; });

  columns_.clear();
  for (const auto name : keys_) {
    if (const auto column = rows.find(name); column != Rows::kNone) {
      columns_.push_back(column);
    }
  }
  const std::size_t rank = rows.find(rank_);
  const std::size_t minor = rows.find(minor_);
  ranked_.clear();
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (row != except) {
      const bool is_minor = minor != Rows::kNone && rows.text(row, minor) == "1";
      ranked_.push_back({row, value(rows, row, rank), key_of(rows, row), is_minor, false});
    }
  }
  std::sort(ranked_.begin(), ranked_.end(),
            [](const Ranked& a, const Ranked& b) { return a.rank != b.rank ? a.rank > b.rank : a.row < b.row; });

  std::size_t count = 0;
  const auto choose = [&](Ranked& ranked) {
    count += ranked.chosen ? 0 : 1;
    ranked.chosen = true;
  };
  for (std::size_t i = 0; i < ranked_.size(); ++i) {
    if ((i < most_ / 2 && !ranked_[i].minor) || find(ranked_[i].key) != nullptr) {
      choose(ranked_[i]);
    }
  }
  for (std::size_t i = ranked_.size(); i > 0 && count > most_; --i) {
    count -= ranked_[i - 1].chosen ? 1 : 0;
    ranked_[i - 1].chosen = false;
  }
  for (std::size_t i = 0; i < ranked_.size() && count < most_; ++i) {
    if (!ranked_[i].minor) {
      choose(ranked_[i]);
    }
  }

  chosen_.clear();
  for (const auto& ranked : ranked_) {
    if (ranked.chosen) {
      chosen_.push_back(ranked.row);
      const Shown* const before = find(ranked.key);
      next_.push_back(before != nullptr ? *before : Shown{ranked.key, false, {}});
    }
  }
  return chosen_;
}

std::span<const double> TopRows::add_rest(const Rows& rows, std::size_t total, std::span<const std::size_t> columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const double now = value(rows, total, columns[i]);
    double growth = now - totals_[i];
    for (std::size_t place = 0; place < chosen_.size(); ++place) {
      const double present = value(rows, chosen_[place], columns[i]);
      Shown& shown = next_[place];
      // The first sample of a new series is no growth for who looks at rates: until then it was among the rest.
      growth -= shown.before || !summed_ ? present - shown.values[i] : 0;
      shown.values[i] = present;
    }
    totals_[i] = now;
    rest_[i] += std::max(growth, 0.0);
  }
  summed_ = true;
  return std::span(rest_).first(columns.size());
}

}  // namespace exporter::postgres
