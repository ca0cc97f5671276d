// The command line: every option from the tables of the program and of the collectors, by CLI11; environment variables
// fill in what the command line leaves open.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/collector.h"
#include "exporter/options.h"

namespace exporter {

// The exit status for options that are wrong: a service that ends so is not to be started again before they are mended.
inline constexpr int kWrongOptions = 2;

struct CommandLine {
  enum class Action { run, exit };
  Action action = Action::run;
  int exit_status = 0;
  std::string output;  // for exit: to be printed, on stdout when exit_status is 0

  Options options;
  std::vector<const CollectorSpec*> enabled;  // in list order
  // Options that were set and do nothing, or are old names, and what their tables say of that.
  std::vector<std::pair<std::string_view, std::string>> notices;
};

// Reads argv and the environment. Wrong input gives Action::exit with one line that says what is wrong.
CommandLine read_command_line(int argc, const char* const* argv);

}  // namespace exporter
