// The words of the command line as the programs being replaced take them, made ready for the parser.
#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace exporter {

// What must be known of the options, by name without dashes.
struct ArgumentRules {
  using Names = std::set<std::string, std::less<>>;
  Names switches;  // --x or --no-x, once and without a value
  Names valued;    // the word behind --x is its value, whatever it looks like
};

// argv without the program's name. One dash in front of a long name becomes two; @FILE is replaced by the lines of the
// file, one word each, without empty ones and those that start with '#'. --x= becomes --x and an empty word. Throws
// OptionError for a file that cannot be read and for a switch that has a value or comes twice.
std::vector<std::string> read_arguments(int argc, const char* const* argv, const ArgumentRules& rules);

}  // namespace exporter
