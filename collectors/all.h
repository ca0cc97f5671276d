// The table made from list.inc.
#pragma once
#include <span>

#include "exporter/collector.h"

namespace exporter {

// Rooms are the folders below collectors/.
struct ListedCollector {
  std::string_view room;
  const CollectorSpec* spec;
};

std::span<const ListedCollector> all_collectors() noexcept;
std::span<const TargetSpec* const> all_target_specs() noexcept;

}  // namespace exporter
