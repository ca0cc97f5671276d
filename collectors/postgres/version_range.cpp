#include "collectors/postgres/version_range.h"

#include <algorithm>
#include <array>
#include <limits>

#include "platform/text.h"

namespace exporter::postgres {
namespace {

constexpr int kMajor = 10000;
constexpr int kLastOfTwoNumbers = 9;  // up to 9.6 the first two numbers name a major release, from 10 on the first does
constexpr int kAll = std::numeric_limits<int>::max();

// The releases that "14", "14.2", "14.2.0", "9.6" or "9.6.24" stands for, as server_version_num: from, and below until.
bool parse_version(std::string_view text, int& from, int& until) {
  std::array<int, 3> numbers{};
  std::size_t count = 0;
  for (std::string_view part = text; !part.empty(); ++count) {
    const auto number = platform::take(part, '.');
    if (count == numbers.size()) {
      return false;
    }
    if (count > 0 && part.empty() && (number == "x" || number == "X" || number == "*")) {
      break;
    }
    const auto value = platform::number<int>(number);
    if (!value || *value < 0 || *value >= (count == 0 ? 1000 : kMajor)) {
      return false;
    }
    numbers[count] = *value;
  }
  if (count == 0 || text.ends_with('.')) {
    return false;
  }
  const auto [first, second, third] = numbers;
  const int next_major = (first + 1) * kMajor;
  if (first > kLastOfTwoNumbers) {
    from = first * kMajor + second;
    until = count == 1 ? next_major : from + 1;
    return true;
  }
  if (second > 99 || third > 99) {
    return false;
  }
  from = first * kMajor + second * 100 + third;
  until = count == 1 ? next_major : from + (count == 2 ? 100 : 1);
  return true;
}

}  // namespace

bool VersionRange::parse_term(std::string_view text, Term& term) {
  const auto digits = std::min(text.find_first_not_of("<>=!"), text.size());
  const auto relation = text.substr(0, digits);
  int from = 0;
  int until = 0;
  if (!parse_version(text.substr(digits), from, until)) {
    return false;
  }
  if (relation.empty() || relation == "=" || relation == "==") {
    term = {from, until, true};
  } else if (relation == "!" || relation == "!=") {
    term = {from, until, false};
  } else if (relation == ">=") {
    term = {from, kAll, true};
  } else if (relation == ">") {
    term = {until, kAll, true};
  } else if (relation == "<") {
    term = {0, from, true};
  } else if (relation == "<=") {
    term = {0, until, true};
  } else {
    return false;
  }
  return true;
}

std::string VersionRange::parse(std::string_view text) {
  static constexpr std::string_view kWrong = "is no range of versions; write it like \">=14 <17\"";
  alternatives_.clear();
  for (bool more = true; more;) {
    const auto bar = text.find("||");
    std::string part(text.substr(0, bar));
    more = bar != std::string_view::npos;
    text.remove_prefix(more ? bar + 2 : text.size());
    std::replace(part.begin(), part.end(), ',', ' ');
    auto& terms = alternatives_.emplace_back();
    std::string relation;  // ">= 14" is one term
    std::string_view rest = part;
    for (auto word = platform::word(rest); !word.empty(); word = platform::word(rest)) {
      relation.append(word);
      if (word.find_first_not_of("<>=!") == std::string_view::npos) {
        continue;
      }
      if (!parse_term(relation, terms.emplace_back())) {
        return std::string(kWrong);
      }
      relation.clear();
    }
    if (terms.empty() || !relation.empty()) {
      return std::string(kWrong);
    }
  }
  return {};
}

bool VersionRange::admits(int version) const noexcept {
  return alternatives_.empty() || std::any_of(alternatives_.begin(), alternatives_.end(), [&](const auto& terms) {
           return std::all_of(terms.begin(), terms.end(), [&](const Term& term) { return term.admits(version); });
         });
}

}  // namespace exporter::postgres
