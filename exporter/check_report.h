// What `check` prints: a table of what was collected, and below it what is to be mended.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "exporter/collector.h"
#include "exporter/results.h"

namespace exporter {

struct CheckReport {
  std::string text;
  bool well = true;  // no collector that is on failed, and no server is down
};

// `all` are the collectors there are, `others` what else is to be mended, a line each.
CheckReport check_report(const Results& results, std::span<const CollectorSpec* const> all,
                         std::span<const CollectorSpec* const> enabled, const std::vector<std::string>& others);

}  // namespace exporter
