// One collection without a scrape port: what the commands check and scrape do.
#pragma once
#include <string>

#include "exporter/command_line.h"
#include "exporter/selection.h"

namespace exporter {

struct Once {
  std::string text;  // for stdout
  int exit_status = 0;
  bool rested = true;  // false: a thread is inside a call that does not return, so that the program must not end it
};

// A table of what was collected and what is to be mended; the status is 1 when something that is on failed or a server
// is down. Throws OptionError.
Once check(const CommandLine& line);
// The page of `selection`. Throws OptionError.
Once scrape_once(const CommandLine& line, const Selection& selection);

}  // namespace exporter
