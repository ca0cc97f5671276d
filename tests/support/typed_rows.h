// Rows with the types of their columns, as a server sends them: a header "name:type" and rows as in rows.tsv.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/rows.h"
#include "tests/support/postgres_fixture.h"

namespace tests {

class TypedRows final : public platform::Rows {
 public:
  explicit TypedRows(std::string_view tsv) : rows_(tsv) {
    for (std::size_t i = 0; i < rows_.columns(); ++i) {
      const auto header = rows_.name(i);
      const auto colon = header.rfind(':');
      names_.emplace_back(header.substr(0, colon));
      types_.push_back(type_of(header.substr(colon == std::string_view::npos ? header.size() : colon + 1)));
    }
  }
  std::size_t rows() const noexcept override { return rows_.rows(); }
  std::size_t columns() const noexcept override { return rows_.columns(); }
  std::string_view name(std::size_t column) const noexcept override { return names_[column]; }
  std::string_view text(std::size_t row, std::size_t column) const noexcept override { return rows_.text(row, column); }
  bool null(std::size_t row, std::size_t column) const noexcept override { return rows_.null(row, column); }
  std::uint32_t type(std::size_t column) const noexcept override { return types_[column]; }

 private:
  // Numbers of pg_type.
  static std::uint32_t type_of(std::string_view name) noexcept {
    struct Known {
      std::string_view name;
      std::uint32_t type;
    };
    static constexpr Known kTypes[] = {{"bool", 16},       {"int8", 20},          {"int4", 23},       {"text", 25},
                                       {"float8", 701},    {"timestamptz", 1184}, {"interval", 1186}, {"numeric", 1700},
                                       {"float8[]", 1022}, {"int8[]", 1016}};
    for (const auto& known : kTypes) {
      if (known.name == name) {
        return known.type;
      }
    }
    return 0;
  }

  TextRows rows_;
  std::vector<std::string> names_;
  std::vector<std::uint32_t> types_;
};

}  // namespace tests
