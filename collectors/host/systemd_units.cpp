#include "collectors/host/systemd_units.h"

#include <algorithm>

#include "platform/text.h"

namespace exporter::host::systemd {
namespace {

// Of each unit ListUnits gives name, description, load state, active state, sub-state, the unit it follows, its path,
// and number, type and path of a job.
constexpr std::size_t kFields = 10;
constexpr std::size_t kName = 0;
constexpr std::size_t kLoadState = 2;
constexpr std::size_t kActiveState = 3;
constexpr std::size_t kPath = 6;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

Kind kind_of(std::string_view name) noexcept {
  const auto ending = name.substr(std::min(name.rfind('.'), name.size()));
  return ending == ".service"  ? Kind::service
         : ending == ".mount"  ? Kind::mount
         : ending == ".socket" ? Kind::socket
         : ending == ".timer"  ? Kind::timer
                               : Kind::other;
}

bool Units::read(std::span<const platform::BusValue> values) {
  shown_.clear();
  if (counts_.empty()) {
    for (const auto state : kStates) {
      counts_.emplace_back(state, 0);
    }
  }
  for (auto& [state, number] : counts_) {
    number = 0;
  }
  rows_.start();
  for (; values.size() >= kFields; values = values.subspan(kFields)) {
    const auto name = values[kName].text;
    Unit& unit = rows_.at(name, [&] {
      Unit made;
      made.name = name;
      made.kind = kind_of(name);
      made.kept = filter_.keeps(name);
      return made;
    });
    const std::size_t state = std::min(count(values[kActiveState].text), kStates.size());
    // A unit that was started or stopped may have been loaded anew, with another type.
    unit.type_known = unit.type_known && state == unit.state;
    unit.state = state;
    if (unit.path != values[kPath].text) {
      unit.path = values[kPath].text;
      unit.type_known = false;
    }
    if (unit.kept && values[kLoadState].text == "loaded") {
      shown_.push_back(&unit);
    }
  }
  rows_.finish();
  return values.empty();
}

std::size_t Units::count(std::string_view state) {
  auto found = std::find_if(counts_.begin(), counts_.end(), [&](const auto& one) { return one.first == state; });
  if (found == counts_.end()) {
    found = counts_.emplace(counts_.end(), state, 0);
  }
  ++found->second;
  return static_cast<std::size_t>(found - counts_.begin());
}

void Units::forget_types() noexcept {
  for (Unit* const unit : shown_) {
    unit->type_known = false;
  }
}

std::optional<double> version_number(std::string_view text) noexcept {
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && is_digit(text[end])) {
      ++end;
    }
    if (end - begin < 3) {
      begin = end + 1;
      continue;
    }
    if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
      for (++end; end < text.size() && is_digit(text[end]);) {
        ++end;
      }
    }
    return platform::number<double>(text.substr(begin, end - begin));
  }
  return std::nullopt;
}

std::string anchored(const std::string& pattern) { return "^(?:" + pattern + ")$"; }

}  // namespace exporter::host::systemd
