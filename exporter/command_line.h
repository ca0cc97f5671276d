// The command line: every option from the tables of the program and of the collectors, by CLI11; environment variables
// fill in what the command line leaves open.
#pragma once
#include <string>
#include <vector>

#include "exporter/collector.h"
#include "exporter/log.h"
#include "exporter/options.h"
#include "platform/host.h"

namespace exporter {

struct CommandLine {
  enum class Action { run, exit };
  Action action = Action::run;
  int exit_status = 0;
  std::string output;  // for exit: to be printed, on stdout when exit_status is 0

  Options options;
  std::vector<const CollectorSpec*> enabled;  // in list order
};

// Reads argv and the environment. Wrong input gives Action::exit with one line that says what is wrong.
CommandLine read_command_line(int argc, const char* const* argv);

// The parts of `options` that the program itself uses.
void apply(const Options& options, platform::Host& host);
LogLevel log_level(const Options& options);
LogFormat log_format(const Options& options);

}  // namespace exporter
