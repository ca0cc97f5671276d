// Some of the rows of another result, in any order.
#pragma once
#include <span>

#include "platform/rows.h"

namespace platform {

class SomeRows final : public Rows {
 public:
  // Both outlive this.
  SomeRows(const Rows& all, std::span<const std::size_t> some) : all_(all), some_(some) {}
  std::size_t rows() const noexcept override { return some_.size(); }
  std::size_t columns() const noexcept override { return all_.columns(); }
  std::string_view name(std::size_t column) const noexcept override { return all_.name(column); }
  std::uint32_t type(std::size_t column) const noexcept override { return all_.type(column); }
  std::string_view text(std::size_t row, std::size_t column) const noexcept override {
    return all_.text(some_[row], column);
  }
  bool null(std::size_t row, std::size_t column) const noexcept override { return all_.null(some_[row], column); }

 private:
  const Rows& all_;
  const std::span<const std::size_t> some_;
};

}  // namespace platform
