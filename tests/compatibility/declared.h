// What collectors declare and their golden pages show, for comparison with the originals' lists of metrics.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/collector.h"

namespace tests {

// Names joined by commas, in alphabetical order.
std::string joined(std::vector<std::string_view> names);
// "`a`, `b`"
std::string quoted(const std::vector<std::string>& names);

std::string labels_of(const exporter::MetricDesc& metric);
// The metric of that name; null when the collector declares none.
const exporter::MetricDesc* declared(const exporter::CollectorSpec& spec, std::string_view name);

struct GoldenFamily {
  std::string type;
  std::set<std::string> labels;  // the names in each sample, sorted
};
// Of tests/fixtures/<room>/<collector>/expected.prom.
std::map<std::string, GoldenFamily> golden_families(std::string_view room, std::string_view collector);

// COMPATIBILITY.md holds `table` between the two lines; UPDATE_TABLES in the environment writes it there first.
void expect_table(std::string_view begin_line, std::string_view end_line, const std::string& table);

}  // namespace tests
