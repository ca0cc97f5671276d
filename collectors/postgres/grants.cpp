#include "collectors/postgres/grants.h"

#include <algorithm>

#include "collectors/postgres/source.h"

namespace exporter::postgres {
namespace {

// Beside pg_monitor. @ stands for the role.
struct Need {
  std::string_view collectors;  // one of them, or two separated by a blank
  std::string_view statements;
  std::string_view remark = {};
};
constexpr Need kNeeds[] = {
    {"replication_origin",
     "GRANT SELECT ON pg_replication_origin_status TO @;\n"
     "GRANT EXECUTE ON FUNCTION pg_show_replication_origin_status() TO @;\n",
     "replication_origin: in the database that the exporter connects to"},
    {"stat_statements legacy_statements", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;\n",
     "stat_statements: in the database that the exporter connects to, and pg_stat_statements in "
     "shared_preload_libraries"},
    {"buffercache_summary", "CREATE EXTENSION IF NOT EXISTS pg_buffercache;\n",
     "buffercache_summary: in the database that the exporter connects to"},
    {"sequences", "",
     "sequences: in each database GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO @; and of other schemas alike"},
};

// Quoted where SQL wants it.
std::string identifier(const std::string& name) {
  const bool plain = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos &&
                     !name.empty() && (name[0] < '0' || name[0] > '9');
  std::string quoted = "\"";
  for (const char c : name) {
    quoted.append(c == '"' ? 2 : 1, c);
  }
  return plain ? name : quoted + '"';
}

void append(std::string& to, std::string_view text, const std::string& role) {
  for (const char c : text) {
    c == '@' ? to.append(role) : to.append(1, c);
  }
}

bool any_on(std::string_view collectors, std::span<const CollectorSpec* const> enabled) {
  return std::any_of(enabled.begin(), enabled.end(), [&](const auto* spec) {
    const auto at = collectors.find(spec->name);
    const auto end = at + spec->name.size();
    return at != std::string_view::npos && (at == 0 || collectors[at - 1] == ' ') &&
           (end == collectors.size() || collectors[end] == ' ');
  });
}

}  // namespace

Grants grants_of(const Options& options, std::span<const CollectorSpec* const> enabled) {
  std::string user;
  bool password = false;  // the role logs in over the network
  bool console = false;
  for (const auto& source : find_sources(options)) {
    const auto host = source.dsn.get("host");
    user = user.empty() ? std::string(source.dsn.get("user")) : user;
    console = console || names_console(source.dsn);
    password = password || (!source.automatic && !host.empty() && !host.starts_with('/'));
  }
  const std::string role = identifier(user.empty() ? "resource_exporter" : user);
  Grants grants;
  append(grants.statements, "CREATE ROLE @ LOGIN", role);
  grants.statements += password ? " PASSWORD 'PASSWORD';\n" : ";\n";
  append(grants.statements, "GRANT pg_monitor TO @;\n", role);
  for (const auto& need : kNeeds) {
    if (any_on(need.collectors, enabled)) {
      append(grants.statements, need.statements, role);
      append(grants.remarks, need.remark, role);
      grants.remarks += need.remark.empty() ? "" : "\n";
    }
  }
  if (options.on("extend.query-path")) {
    append(grants.remarks, "queries of your own: GRANT SELECT on what they read TO @\n", role);
  }
  append(grants.remarks, console ? "PgBouncer: stats_users = @ in pgbouncer.ini\n" : "", role);
  grants.remarks += password ? "put a password of your own in the place of PASSWORD\n"
                             : "by a socket without password: the role is named as the user of the system\n";
  return grants;
}

}  // namespace exporter::postgres
