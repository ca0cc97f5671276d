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

// Of a row of pg_stat_activity: it is no session of this program, nor of another that watches with the same role.
#define EXPORTER_NOT_OURS           \
  "pid <> pg_backend_pid() AND NOT" \
  " (usename = current_user AND application_name <> '' AND application_name = current_setting('application_name'))"

}  // namespace exporter::postgres
