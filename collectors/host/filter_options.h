// Filters from a collector's options: include and exclude patterns, and the older spellings of their flags.
#pragma once
#include <string>
#include <string_view>

#include "exporter/options.h"
#include "platform/regex.h"

namespace exporter::host {

// The value of `name` or of its older spelling. Throws OptionError when both are given.
inline const std::string& either(const Options& options, std::string_view name, std::string_view old_name) {
  if (options.text(old_name).empty()) {
    return options.text(name);
  }
  if (options.given(name)) {
    throw OptionError("option " + std::string(old_name) + " is the old name of " + std::string(name) +
                      ": give one of them");
  }
  return options.text(old_name);
}

// A filter of two patterns, empty for none.
inline platform::Filter filter_from(const std::string& include, const std::string& exclude) {
  platform::Filter filter;
  if (!include.empty()) {
    filter.include = platform::Pattern(include);
  }
  if (!exclude.empty()) {
    filter.exclude = platform::Pattern(exclude);
  }
  return filter;
}

}  // namespace exporter::host
