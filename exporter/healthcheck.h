// The command healthcheck: for images that have no other program, and for whoever supervises without HTTP.
#pragma once
#include <string>

#include "exporter/options.h"

namespace exporter {

// Asks for /-/healthy at the first address of --web.listen-address, for five seconds at most. Empty when an exporter
// answers there, also by asking for a password or a client's certificate; else one line that says why not. Throws
// OptionError.
std::string healthcheck(const Options& options);

}  // namespace exporter
