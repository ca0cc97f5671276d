#include "collectors/postgres/constant_labels.h"

#include <algorithm>
#include <vector>

#include "exporter/options.h"
#include "platform/text.h"

namespace exporter::postgres {
namespace {

bool has(std::span<const MetricDesc> metrics, std::string_view label) {
  for (const auto& metric : metrics) {
    for (std::size_t i = 0; i < metric.labels.size(); ++i) {
      if (metric.labels[i] == label) {
        return true;
      }
    }
  }
  return false;
}

[[noreturn]] void refuse(std::string_view pair, std::string_view why) {
  throw OptionError("--constantLabels: " + std::string(pair) + ": " + std::string(why));
}

}  // namespace

std::string read_constant_labels(std::string_view text, std::span<const MetricDesc> metrics,
                                 std::span<const CollectorSpec* const> enabled) {
  std::vector<Label> labels;
  while (!text.empty()) {
    const std::string_view pair = platform::trim(platform::take(text, ','));
    if (pair.empty()) {
      continue;
    }
    std::string_view value = pair;
    const std::string_view name = platform::trim(platform::take(value, '='));
    value = platform::trim(value);
    if (!valid_name(name) || name.starts_with("__") || value.empty() || value.find('=') != std::string_view::npos) {
      refuse(pair, "expected NAME=VALUE, with a name of letters, digits and _");
    }
    const bool twice =
        std::any_of(labels.begin(), labels.end(), [&](const Label& label) { return label.name == name; });
    if (twice || name == "target" || has(metrics, name) ||
        std::any_of(enabled.begin(), enabled.end(), [&](const auto* spec) { return has(spec->metrics, name); })) {
      refuse(pair, "there is a label of this name already; choose another");
    }
    labels.push_back({name, value});
  }
  return labels.empty() ? std::string() : std::string(LabelBlock(labels).text());
}

}  // namespace exporter::postgres
