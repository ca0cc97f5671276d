// Text of the user's in a statement.
#pragma once
#include <string>
#include <string_view>

namespace exporter::postgres {

// E'it''s': a constant that is the same whatever standard_conforming_strings says (PostgreSQL documentation, "String
// Constants With C-Style Escapes").
inline void append_sql_text(std::string& sql, std::string_view text) {
  sql += "E'";
  for (const char c : text) {
    sql.append(c == '\'' || c == '\\' ? 2 : 1, c);
  }
  sql += '\'';
}

}  // namespace exporter::postgres
