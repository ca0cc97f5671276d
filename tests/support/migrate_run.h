// What `resource_exporter migrate` makes of a text, and what systemd and our parser make of that.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/command_line.h"
#include "exporter/migrate.h"

namespace tests {

exporter::migrate::Found found_in(std::string_view name, std::string_view text);
exporter::migrate::Plan plan_of(std::string_view name, std::string_view text);

// An options file as systemd reads it: ARGS taken apart as $ARGS is, and the other variables.
struct OptionsFile {
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>> variables;
  std::string value(std::string_view variable) const;
  bool has(std::string_view word) const;
};
OptionsFile read_options_file(std::string_view text);

// Our own parser over it, with its variables as environment meanwhile.
exporter::CommandLine parse_options_file(const OptionsFile& file);

}  // namespace tests
