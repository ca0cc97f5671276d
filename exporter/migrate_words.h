// Words as shells and systemd take them apart and as they have to be written; and what in a value is a secret.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exporter::migrate {

// shell: sh(1). unit: ExecStart= and Environment= of systemd.service(5), where $$ and %% stand for one. argument: what
// systemd makes of $ARGS, where a backslash means the next character inside of any quotes as well.
enum class Quoting { shell, unit, argument };

// Nothing when a quote does not close.
std::optional<std::vector<std::string>> split_words(std::string_view text, Quoting quoting);
// The value behind NAME= in a file of /etc/default: systemd.exec(5), EnvironmentFile=. Nothing when a quote is open.
std::optional<std::string> unquote_value(std::string_view text);

// A word within ARGS="...", before ARGS itself is quoted: for systemd and for eval in a shell alike.
std::string quote_word(std::string_view word);
// What stands behind NAME= in the options file.
std::string quote_value(std::string_view value);

inline constexpr std::string_view kPlaceholder = "PASSWORD";

// `value` of an option or variable `name` with kPlaceholder in the place of passwords: those of addresses with
// user:password@, of DSNs, and all of it when the name says that it is one. Covers rather too much than too little.
std::string masked(std::string_view name, std::string_view value);

// UTF-8 without control characters: what may stand in the options file.
bool is_plain(std::string_view text) noexcept;

}  // namespace exporter::migrate
