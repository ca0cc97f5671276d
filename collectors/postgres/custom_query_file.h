// The user's own statements: the file of --extend.query-path.
//
//   pg_orders:                              names of metrics begin so
//     query: SELECT state, count(*) AS open FROM orders GROUP BY state
//     ttl: 30s
//     metrics:
//       - state: {usage: LABEL, description: State of the order.}
//       - open: {usage: GAUGE, description: Orders in this state.}
//
// REFERENCE.md describes the keys. Files for postgres_exporter are read unchanged; its `cache_seconds`, `master` and
// `runonserver` stay beside the newer `ttl`, `scope` and `versions`.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/postgres/version_range.h"

namespace exporter::postgres {

// What a column of the result is for.
enum class Usage : std::uint8_t { label, counter, gauge, histogram, mapped, duration, discard };

struct CustomColumn {
  std::string name;
  Usage usage = Usage::discard;
  std::string help;                                     // never empty
  std::vector<std::pair<std::string, double>> mapping;  // of `mapped`: texts and their values; empty: it is a number
};

struct CustomQueryDesc {
  // once: asked of the database that the connection is for. each: of every database. follow: as the user has it who
  // asked for all databases (--auto-discover-databases): files for postgres_exporter without `master: true`.
  enum class Databases : std::uint8_t { once, each, follow };
  enum class Server : std::uint8_t { any, primary, standby };

  std::string name;                                         // metrics are <name>_<column>
  std::string place;                                        // "queries.yml:12", for messages
  std::string sql;                                          // one statement
  std::vector<CustomColumn> columns;                        // no name twice
  std::vector<std::pair<std::string, std::string>> labels;  // put on every sample
  double ttl = 0;                                           // seconds for which rows are good
  double timeout = 0;                                       // seconds, 0: that of the session
  VersionRange versions;
  Databases databases = Databases::follow;
  Server server = Server::any;
  std::string predicate;  // a statement; asked before, and nothing is read unless its value is true
};

struct CustomQueryFile {
  std::vector<CustomQueryDesc> queries;  // in the file's order
  // One line each: "file:line:column: what; remedy". An error costs what it is about, one query or the whole file.
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  bool whole = true;  // false: nothing of the file is of use
};

// `file` is the name for messages. Throws nothing but bad_alloc.
CustomQueryFile parse_custom_queries(std::string_view file, std::string_view text);

}  // namespace exporter::postgres
