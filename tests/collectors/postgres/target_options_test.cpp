// Options that concern a whole server: labels of its own, and the time it may take.
#include <gtest/gtest.h>

#include <map>

#include "tests/support/fake_postgres.h"
#include "tests/support/watched_postgres.h"

namespace tests {
namespace {

using exporter::Outcome;

FakeAnswer one_database(const std::string& /*here*/, const std::string& sql) {
  FakeAnswer answer;
  if (sql.find("AS banner") != std::string::npos) {
    answer.tsv = "banner\trole\tmonitor\tsettings\nPostgreSQL 15.18\twatcher\tt\ton\n";
  } else if (sql.find("AS own") != std::string::npos) {
    answer.tsv = "datname\town\npostgres\tpostgres\n";
  } else if (sql.find("coalesce(seq_scan") != std::string::npos) {
    answer.tsv = "datname\tschemaname\trelname\tseq_scan\npostgres\tpublic\torders\t7\n";
  }
  return answer;
}

TEST(PostgresTargetOptions, ConstantLabelsAreOnEverySeriesOfTheServer) {
  const FakePostgres server(one_database);
  Watched watched(server.dsn(), {{"constantLabels", "team=billing, stage = a\"b,"}});
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_TRUE(watched.shows("pg_up{team=\"billing\",stage=\"a\\\"b\"} 1")) << watched.page();
  EXPECT_TRUE(
      watched.shows("pg_stat_user_tables_seq_scan{team=\"billing\",stage=\"a\\\"b\",datname=\"postgres\","
                    "schemaname=\"public\",relname=\"orders\"} 7"));
}

TEST(PostgresTargetOptions, ConstantLabelsThatCannotBeAreRefused) {
  const FakePostgres server(one_database);
  for (const auto& [text, why] : std::map<std::string, std::string>{
           {"team", "team: expected NAME=VALUE, with a name of letters, digits and _"},
           {"a-b=c", "a-b=c: expected NAME=VALUE, with a name of letters, digits and _"},
           {"a=b=c", "a=b=c: expected NAME=VALUE, with a name of letters, digits and _"},
           {"relname=x", "relname=x: there is a label of this name already; choose another"},
           {"short_version=x", "short_version=x: there is a label of this name already; choose another"},
           {"a=b,a=c", "a=c: there is a label of this name already; choose another"}}) {
    try {
      const Watched watched(server.dsn(), {{"constantLabels", text}});
      FAIL() << text;
    } catch (const exporter::OptionError& error) {
      EXPECT_EQ(std::string(error.what()), "--constantLabels: " + why);
    }
  }
}

TEST(PostgresTargetOptions, APrefixThatCannotBeginANameIsRefused) {
  const FakePostgres server(one_database);
  EXPECT_THROW(Watched(server.dsn(), {{"metric-prefix", ""}}), exporter::OptionError);
  EXPECT_THROW(Watched(server.dsn(), {{"metric-prefix", "my-pg"}}), exporter::OptionError);
}

TEST(PostgresTargetOptions, TheTimeForAServerEndsBeforeTheScrapes) {
  const FakePostgres server([](const std::string& /*here*/, const std::string& /*sql*/) {
    FakeAnswer answer;
    answer.silent = true;
    return answer;
  });
  Watched watched(server.dsn(), {{"collection-timeout", "50ms"}});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(watched.scrape(), Outcome::failed);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_TRUE(watched.shows("pg_up 0"));
}

}  // namespace
}  // namespace tests
