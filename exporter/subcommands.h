// Words behind the program's name that do something else than serve.
//   acl redis|postgres [options]   prints what a server must allow the exporter's user
//   check [options]                collects once and prints a table: what is there, and what is to be mended
//   scrape [MODULE] [options]      collects once and prints the page
#pragma once
#include <optional>

namespace exporter {

// The exit status, 2 for a mistake in argv; none when the first word is an option and the program is to serve.
std::optional<int> run_subcommand(int argc, const char* const* argv);

}  // namespace exporter
