#include "collectors/postgres/databases.h"

#include <algorithm>

#include "platform/text.h"

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

// Goes back to the last star only, which is enough: a star takes as little as it can.
bool matches(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++after;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view name) noexcept {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) { return matches(pattern, name); });
}

}  // namespace

DatabaseFilter::DatabaseFilter(std::string_view include, std::string_view exclude)
    : include_(names_of(include)), exclude_(names_of(exclude)) {}

bool DatabaseFilter::allows(std::string_view database) const noexcept {
  return database.empty() ||
         ((include_.empty() || any_matches(include_, database)) && !any_matches(exclude_, database));
}

}  // namespace exporter::postgres
