// Words of text exposition 0.0.4.
#pragma once
#include <string>
#include <string_view>

namespace exporter::host::textfile {

// Blank and tab; other white space has no meaning in the format.
inline bool blank(char c) noexcept { return c == ' ' || c == '\t'; }

inline std::string_view skip_blanks(std::string_view text) noexcept {
  while (!text.empty() && blank(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

// Cuts the leading name, colons included; it may be empty or begin with a digit.
std::string_view take_name(std::string_view& text) noexcept;

bool valid_utf8(std::string_view text) noexcept;

// Appends `text` without its escapes. In label values (`quoted`) it stops at the closing quote and cuts what it read
// from `text`. False for an unknown escape or a missing quote.
bool unescape(std::string_view& text, std::string& out, bool quoted);

// Bounds and quantiles as series of such files have always had them: 0.5, 1600, 1.6384e+06, +Inf.
std::string label_number(double value);

}  // namespace exporter::host::textfile
