#include "collectors/postgres/grants.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "exporter/command_line.h"

namespace tests {
namespace {

exporter::Grants grants(const char* dsn, std::vector<const char*> words = {}) {
  words.insert(words.begin(), "resource_exporter");
  ::setenv("DATA_SOURCE_NAME", dsn, 1);
  const auto line = exporter::read_command_line(static_cast<int>(words.size()), words.data());
  const auto result = exporter::postgres::grants_of(line.options, line.enabled);
  ::unsetenv("DATA_SOURCE_NAME");
  return result;
}

TEST(PostgresGrants, AreWhatTheCollectorsNeed) {
  const auto plain = grants("user=watcher host=/run/postgresql dbname=app");
  EXPECT_EQ(plain.statements,
            "CREATE ROLE watcher LOGIN;\n"
            "GRANT pg_monitor TO watcher;\n"
            "GRANT SELECT ON pg_replication_origin_status TO watcher;\n"
            "GRANT EXECUTE ON FUNCTION pg_show_replication_origin_status() TO watcher;\n");
  EXPECT_NE(plain.remarks.find("SEQUENCES IN SCHEMA public TO watcher"), std::string::npos) << plain.remarks;
  const auto more =
      grants("user=watcher host=/run/postgresql",
             {"--no-collector.replication_origin", "--collector.stat_statements", "--collector.buffercache_summary"});
  EXPECT_EQ(more.statements,
            "CREATE ROLE watcher LOGIN;\n"
            "GRANT pg_monitor TO watcher;\n"
            "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;\n"
            "CREATE EXTENSION IF NOT EXISTS pg_buffercache;\n");
}

TEST(PostgresGrants, QuotesTheRoleAndShowsNoSecret) {
  const auto named = grants("postgresql://My%22Role:secret@db/app");
  EXPECT_TRUE(named.statements.starts_with("CREATE ROLE \"My\"\"Role\" LOGIN PASSWORD 'PASSWORD';\n"))
      << named.statements;
  EXPECT_EQ((named.statements + named.remarks).find("secret"), std::string::npos);
  EXPECT_NE(grants("postgresql://stats@db/pgbouncer").remarks.find("stats_users = stats"), std::string::npos);
}

}  // namespace
}  // namespace tests
