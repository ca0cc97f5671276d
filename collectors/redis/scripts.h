// The files of --script, read once at start.
#pragma once
#include <string>
#include <vector>

#include "exporter/options.h"

namespace exporter::redis {

struct Script {
  std::string file;  // as the option names it
  std::string text;
};

// Throws OptionError when a file cannot be read. One for all servers: Environment::shared.
struct Scripts {
  explicit Scripts(const Options& options);
  std::vector<Script> all;
};

}  // namespace exporter::redis
