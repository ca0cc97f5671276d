#include "collectors/postgres/statements_sql.h"

#include "collectors/postgres/sql_text.h"
#include "platform/text.h"

namespace exporter::postgres {
namespace {

// E'it''s', E'b' for "it's,b"; percent signs are doubled, for format().
std::string quoted_list(std::string_view names) {
  std::string list;
  while (!names.empty()) {
    std::string name;
    for (const char c : platform::trim(platform::take(names, ','))) {
      name.append(c == '%' ? 2 : 1, c);
    }
    if (!name.empty()) {
      list += list.empty() ? "" : ", ";
      append_sql_text(list, name);
    }
  }
  return list;
}

// A pattern of format(): the columns of execution, block read and block write time, then the schema. One row of one
// text, `best`: numbers separated by commas, statements by bars; making XML of each number takes far longer.
std::string inner(const StatementChoice& choice) {
  const bool text = choice.text_length > 0;
  std::string sql =
      "WITH sums AS (SELECT userid, dbid, queryid, sum(calls) AS calls, sum(%1$I) / 1000 AS seconds, sum(rows) AS rows,"
      " sum(%2$I) / 1000 AS block_read_seconds, sum(%3$I) / 1000 AS block_write_seconds";
  if (text) {
    sql += ", encode(convert_to(left(min(query), " + std::to_string(choice.text_length) +
           "), 'UTF8'), 'hex') AS query FROM %4$I.pg_stat_statements(true)";
  } else {
    sql += " FROM %4$I.pg_stat_statements(false)";
  }
  std::string_view word = " WHERE ";
  if (const auto databases = quoted_list(choice.exclude_databases); !databases.empty()) {
    sql.append(word).append("dbid NOT IN (SELECT oid FROM pg_database WHERE datname IN (" + databases + "))");
    word = " AND ";
  }
  if (const auto users = quoted_list(choice.exclude_users); !users.empty()) {
    sql.append(word).append("userid NOT IN (SELECT oid FROM pg_roles WHERE rolname IN (" + users + "))");
  }
  sql +=
      " GROUP BY userid, dbid, queryid) SELECT string_agg(concat_ws(',', userid, dbid, coalesce(queryid::text, ''),"
      " calls, seconds, rows, block_read_seconds, block_write_seconds, least";
  sql += text ? ", query" : "";
  sql +=
      "), '|') AS best FROM ((SELECT userid, dbid, queryid, calls, seconds, rows, block_read_seconds,"
      " block_write_seconds, (percent_rank() OVER (ORDER BY seconds) <= 0.1)::int AS least";
  sql += text ? ", query" : "";
  sql += " FROM sums ORDER BY seconds DESC, calls DESC LIMIT " + std::to_string(choice.limit) + ")";
  if (choice.total) {
    sql +=
        " UNION ALL SELECT 0, 0, NULL, coalesce(sum(calls), 0), coalesce(sum(seconds), 0), coalesce(sum(rows), 0),"
        " coalesce(sum(block_read_seconds), 0), coalesce(sum(block_write_seconds), 0), 0";
    sql += text ? ", NULL FROM sums" : " FROM sums";
  }
  return sql + ") top";
}

void append_either(std::string& sql, std::string_view present, std::string_view before) {
  sql.append(", CASE WHEN '").append(present).append("' = ANY (p.proargnames) THEN '").append(present);
  sql.append("' ELSE '").append(before).append("' END");
}

}  // namespace

std::string statements_sql(int version, std::string_view columns, const StatementChoice& choice) {
  if (version < 100000) {
    return {};
  }
  std::string sql = "SELECT ";
  sql.append(columns).append(
      " FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace JOIN pg_proc p ON p.pronamespace = n.oid"
      " AND p.proname = 'pg_stat_statements' AND p.pronargs = 1, LATERAL query_to_xml(format(");
  append_sql_text(sql, inner(choice));
  append_either(sql, "total_exec_time", "total_time");
  append_either(sql, "shared_blk_read_time", "blk_read_time");
  append_either(sql, "shared_blk_write_time", "blk_write_time");
  sql +=
      ", n.nspname), false, false, '') AS x(doc), LATERAL (SELECT split_part(line, ',', 1)::oid AS userid,"
      " split_part(line, ',', 2)::oid AS dbid";
  std::size_t field = 3;
  for (const std::string_view name :
       {"queryid", "calls", "seconds", "rows", "block_read_seconds", "block_write_seconds", "least", "query"}) {
    sql.append(", split_part(line, ',', ").append(std::to_string(field++)).append(") AS ").append(name);
  }
  return sql + " FROM unnest(string_to_array(substring(x.doc::text FROM '<best>(.*)</best>'), '|')) AS line) s" +
         (choice.total ? " LEFT" : "") +
         " JOIN pg_database d ON d.oid = s.dbid WHERE e.extname = 'pg_stat_statements'" +
         (choice.total ? " AND (d.oid IS NOT NULL OR s.dbid = 0)" : "");
}

void append_unhexed(std::string& out, std::string_view hex) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high < 0 || low < 0) {
      return;
    }
    out += static_cast<char>(high * 16 + low);
  }
}

}  // namespace exporter::postgres
