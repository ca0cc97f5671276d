// Which rows of a ranking are shown, so that those at its border do not come and go from scrape to scrape.
//
// A row that is shown stays while the statement finds it at all: it is asked for kWider times as many as are shown. A
// newcomer takes a place that has become free; one in the upper half takes that of the last. What is not shown can be
// added up, in sums that never fall. Not thread-safe; allocates nothing when warm.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "platform/rows.h"

namespace exporter::postgres {

class TopRows {
 public:
  static constexpr std::size_t kWider = 2;
  static constexpr std::size_t kMostSums = 8;

  // `keys` are the columns that name a row, `rank` is the one that ranks it, the highest first. Where column `minor` is
  // 1, the row is no newcomer that would be shown. All outlive this.
  TopRows(std::size_t most, std::span<const std::string_view> keys, std::string_view rank, std::string_view minor)
      : most_(most), keys_(keys), rank_(rank), minor_(minor) {}

  // The rows to show, the highest first; valid until the next call. Row number `except` is none of them.
  std::span<const std::size_t> choose(const platform::Rows& rows, std::size_t except = platform::Rows::kNone);

  // After choose(): adds to the sums what all rows, whose totals stand in row `total`, grew by since the last call and
  // those shown did not. Totals that fell, by a reset or because the server forgot rows, are no growth. `columns`: at
  // most kMostSums.
  std::span<const double> add_rest(const platform::Rows& rows, std::size_t total, std::span<const std::size_t> columns);

 private:
  struct Ranked {
    std::size_t row;
    double rank;
    std::uint64_t key;
    bool minor;
    bool chosen;
  };
  struct Shown {
    std::uint64_t key;
    bool before;                           // the last time, too
    std::array<double, kMostSums> values;  // at the last add_rest()
  };
  std::uint64_t key_of(const platform::Rows& rows, std::size_t row) const noexcept;
  const Shown* find(std::uint64_t key) const noexcept;

  const std::size_t most_;
  const std::span<const std::string_view> keys_;
  const std::string_view rank_;
  const std::string_view minor_;
  std::vector<std::size_t> columns_;  // of the keys
  std::vector<Ranked> ranked_;
  std::vector<std::size_t> chosen_;
  std::vector<Shown> shown_;  // by key
  std::vector<Shown> next_;   // of chosen_
  std::array<double, kMostSums> totals_{};
  std::array<double, kMostSums> rest_{};
  bool summed_ = false;
};

}  // namespace exporter::postgres
