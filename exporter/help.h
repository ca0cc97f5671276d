// What the table of options looks like to people and shells.
#pragma once
#include <string>
#include <string_view>

#include "exporter/option_table.h"

namespace exporter {

inline constexpr std::string_view kSummary = "host, containers, PostgreSQL and Redis for Prometheus on one scrape port";

// Options of the program that are no settings: they print something and end.
struct PrintingOption {
  std::string_view name;
  std::string_view help;
};
inline constexpr PrintingOption kPrintingOptions[] = {
    {"help", "Print this and exit"},
    {"help-man", "Print the manual page, for man(1), and exit"},
    {"completion-bash", "Print a script that completes commands and options in bash, and exit"},
    {"version", "Print the version and exit"},
};

// RESOURCE_EXPORTER_LOG_LEVEL of log.level.
std::string variable_of(std::string_view name);
// What stands behind the = of an option: TIME, or the words it may be; empty for a flag.
std::string value_of(const OptionDesc& desc);
// Help, default and the original's environment variable.
std::string description_of(const OptionDesc& desc);

// For --help: lines of 80 columns, options by module, without hidden ones.
std::string help_text(const OptionTable& table);
// For --help-man: roff with the macros of man(7).
std::string manual_page(const OptionTable& table);
// For --completion-bash: a script to be sourced; it defines the function _resource_exporter.
std::string bash_completion(const OptionTable& table);

}  // namespace exporter
