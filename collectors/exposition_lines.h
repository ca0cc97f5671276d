// Lines of text exposition that others wrote, taken apart strictly: 0.0.4, and what OpenMetrics 1.0 has in common.
//
// https://prometheus.io/docs/instrumenting/exposition_formats/ One line: http_requests{code="200"} 1027
// What a family must look like as a whole is said by who reads them: collectors/host/textfile_parser.h and
// collectors/merge/page.h. Functions return an empty text, or what is wrong with the line.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace exporter::exposition {

struct LabelText {
  std::string name;
  std::string value;
};

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
// Cuts what stands before the next blank.
std::string_view take_word(std::string_view& text) noexcept;

bool valid_utf8(std::string_view text) noexcept;

// Appends `text` without its escapes. In label values (`quoted`) it stops at the closing quote and cuts what it read
// from `text`. False for an unknown escape or a missing quote.
bool unescape(std::string_view& text, std::string& out, bool quoted);

// Bounds and quantiles as series of such files have always had them: 0.5, 1600, 1.6384e+06, +Inf.
std::string label_number(double value);

// What stands behind a '#': "HELP name text".
struct Comment {
  std::string_view keyword;  // empty for words that are nobody's business
  std::string_view name;
  std::string_view text;  // as it stands there
};
std::string read_comment(std::string_view rest, Comment& comment);

// Takes the labels behind a '{', and the '}'.
std::string take_labels(std::string_view& rest, std::vector<LabelText>& labels);

// Takes the name of a sample and its labels; `rest` begins with the value then. `name` is set as soon as it is known.
std::string take_series(std::string_view& rest, std::string_view& name, std::vector<LabelText>& labels);

}  // namespace exporter::exposition
