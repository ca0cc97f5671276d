#include "exporter/discoveries.h"

#include <algorithm>

namespace exporter {

Discoveries::Discoveries(const Environment& environment, std::span<const CollectorSpec* const> enabled,
                         std::span<const TargetSpec* const> targets, int stop_fd)
    : stop_fd_(stop_fd) {
  for (const auto* spec : targets) {
    const bool used = std::any_of(enabled.begin(), enabled.end(),
                                  [&](const CollectorSpec* one) { return one->module == spec->module; });
    if (used && spec->discover.make != nullptr) {
      places_.push_back({spec->discover.path, spec->discover.make(environment)});
    }
  }
}

Discoverer* Discoveries::at(std::string_view path) const noexcept {
  const auto found =
      std::find_if(places_.begin(), places_.end(), [&](const Place& place) { return place.path == path; });
  return found == places_.end() ? nullptr : found->discoverer.get();
}

}  // namespace exporter
