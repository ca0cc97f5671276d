// Words behind the program's name that do something else than serve: they print once and end.
#pragma once
#include <optional>
#include <span>
#include <string_view>

namespace exporter {

struct SubcommandDesc {
  std::string_view name;
  std::string_view words;  // one of these follows, separated by blanks
  bool word_needed;
  std::string_view help;
  std::string_view rest = "[OPTION]...";  // what follows
};
std::span<const SubcommandDesc> all_subcommands() noexcept;

// The exit status, 2 for a mistake in argv; none when the first word is an option and the program is to serve.
std::optional<int> run_subcommand(int argc, const char* const* argv);

}  // namespace exporter
