// Text for a terminal: lines of 80 columns.
#pragma once
#include <string>
#include <string_view>

namespace exporter {

inline constexpr std::size_t kColumns = 80;

// Columns of a text in UTF-8 without wide characters.
std::size_t columns(std::string_view text) noexcept;

// Appends the words of `text` and an end of line. Lines break between words; the first begins where `out` stands, the
// others with `indent` blanks. A word of more than a line is broken behind a | or a comma, else where the line ends.
// Control characters count as blanks, so that nothing in the text can move the cursor.
void append_paragraph(std::string& out, std::string_view text, std::size_t indent);

// Appends blanks until the last line of `out` is `column` wide; at least one, unless it is empty.
void pad_to(std::string& out, std::size_t column);

}  // namespace exporter
