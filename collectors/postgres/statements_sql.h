// The statement that reads pg_stat_statements (PostgreSQL documentation, "pg_stat_statements"), for the collectors that
// show its numbers under one name or another.
//
// The view belongs to an extension: it may be missing, may be in any schema, and its columns follow the extension's
// version, not the server's. So the catalogue is asked, and what it answers decides the text of an inner statement that
// query_to_xml() runs. Without the extension there are no rows. The texts of the statements are not loaded unless asked
// for: their file may have hundreds of megabytes.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace exporter::postgres {

struct StatementChoice {
  std::int64_t limit = 100;                 // rows, those that took most time
  bool total = false;                       // one row more, without database: of all statements
  std::int64_t text_length = 0;             // characters of the statement's text; 0: none, and it is not loaded
  std::string_view exclude_databases = {};  // names, separated by commas
  std::string_view exclude_users = {};
};

// `columns` is the outer list of columns, of s.userid, d.datname, s.queryid, s.calls, s.seconds, s.rows,
// s.block_read_seconds, s.block_write_seconds, s.least and, with texts, s.query (hexadecimal). Statements of one user,
// database and queryid are added up (at top level and within functions). s.least is 1 for the tenth that took the least
// time, else 0. Empty before PostgreSQL 10.
std::string statements_sql(int version, std::string_view columns, const StatementChoice& choice);

// The bytes of hexadecimal text; what is no hexadecimal digit ends it.
void append_unhexed(std::string& out, std::string_view hex);

}  // namespace exporter::postgres
