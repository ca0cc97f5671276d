#include "collectors/postgres/databases.h"

#include <algorithm>

#include "platform/text.h"
#include "platform/wildcard.h"

namespace exporter::postgres {
namespace {

std::vector<std::string> names_of(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    if (const auto name = platform::trim(platform::take(list, ',')); !name.empty()) {
      names.emplace_back(name);
    }
  }
  return names;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view name) noexcept {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
    return platform::matches_wildcard(pattern, name, [&](std::size_t, std::size_t at) { return pattern[at] == '*'; });
  });
}

}  // namespace

DatabaseFilter::DatabaseFilter(std::string_view include, std::string_view exclude)
    : include_(names_of(include)), exclude_(names_of(exclude)) {}

bool DatabaseFilter::allows(std::string_view database) const noexcept {
  return database.empty() ||
         ((include_.empty() || any_matches(include_, database)) && !any_matches(exclude_, database));
}

}  // namespace exporter::postgres
