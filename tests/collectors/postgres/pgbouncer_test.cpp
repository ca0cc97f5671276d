// PgBouncer as a target: its admin console, and servers behind it.
#include <gtest/gtest.h>

#include "tests/support/fake_postgres.h"
#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"
#include "tests/support/watched_postgres.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

constexpr std::size_t kDatabases = 1;
constexpr std::size_t kTotals = 2;
constexpr std::size_t kPools = 3;
constexpr std::size_t kClients = 6;

const std::vector<std::string_view> kCollectors = {"pgbouncer", "locks", "stat_user_tables"};

// As 1.18 says it; what is not here fails.
FakeAnswer say(const std::string& /*database*/, const std::string& sql) {
  FakeAnswer answer;
  if (sql == "SHOW VERSION") {
    answer.tsv = "version\nPgBouncer 1.18.0\n";
  } else if (sql == "SHOW POOLS") {
    answer.tsv = "database\tuser\tcl_active\tmaxwait\nshop\tweb\t12\t3\n";
  } else if (sql == "SHOW LISTS") {
    answer.tsv = "list\titems\nused_clients\t13\n";
  } else {
    answer.sqlstate = "42501";
    answer.message = "admin access needed";
  }
  return answer;
}

const FakeLogin kConsole{.version = "1.18.0/bouncer", .pid = 0x7abcdef1, .simple = true};

TEST(PgBouncer, TheConsoleIsAskedByTheSimpleProtocolOverOneConnection) {
  const FakePostgres console(say, kConsole);
  Watched watched(console.dsn("pgbouncer"), {}, kCollectors);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(watched.scrape(), Outcome::ok);
    EXPECT_TRUE(watched.shows("pgbouncer_up 1")) << watched.page();
    EXPECT_TRUE(watched.shows("pgbouncer_version_info{version=\"PgBouncer 1.18.0\"} 1"));
    EXPECT_TRUE(watched.shows("pgbouncer_pools_client_active_connections{database=\"shop\",user=\"web\"} 12"));
    EXPECT_TRUE(watched.shows("pgbouncer_pools_client_maxwait_seconds{database=\"shop\",user=\"web\"} 3"));
    EXPECT_TRUE(watched.shows("pgbouncer_used_clients 13"));
  }
  EXPECT_EQ(console.logins(), 1U);
  EXPECT_EQ(console.executions("pgbouncer", "SHOW POOLS"), 3U);
  EXPECT_EQ(console.executions("pgbouncer", "SELECT"), 0U);
  // A statement that is refused costs its own metrics.
  EXPECT_STREQ(watched.run("pgbouncer").sink.notes().front().where.data(), "admin access needed");
  EXPECT_EQ(watched.run("pgbouncer").outcome, Outcome::ok);
}

TEST(PgBouncer, WhatIsForServersIsNotOnTheConsolesPage) {
  const FakePostgres console(say, kConsole);
  Watched watched(console.dsn("pgbouncer"), {}, kCollectors);
  watched.scrape();
  for (const auto* const name : {"locks", "stat_user_tables"}) {
    EXPECT_FALSE(watched.run(name).wanted);
    EXPECT_TRUE(watched.run(name).sink.notes().empty());
  }
  for (const std::string family : {"\npg_up ", "\npg_static{", "\npg_locks_count{"}) {
    EXPECT_EQ(watched.page().find(family), std::string::npos) << family;
  }
}

TEST(PgBouncer, NothingOfItIsOnAServersPage) {
  const FakePostgres server([](const std::string&, const std::string&) { return FakeAnswer{}; });
  Watched watched(server.dsn(), {}, kCollectors);
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_EQ(server.executions("postgres", "SHOW"), 0U);
  EXPECT_FALSE(watched.run("pgbouncer").wanted);
  EXPECT_EQ(watched.page().find("pgbouncer_"), std::string::npos);
}

TEST(PgBouncer, ARestartCostsNoScrape) {
  FakePostgres console(say, kConsole);
  Watched watched(console.dsn("pgbouncer"), {}, kCollectors);
  watched.scrape();
  console.restart();
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_TRUE(watched.shows("pgbouncer_used_clients 13"));
  EXPECT_EQ(console.logins(), 2U);
}

TEST(PgBouncer, IsDownByItsOwnName) {
  FakePostgres console(say, kConsole);
  console.refuse("pgbouncer");
  Watched watched(console.dsn("pgbouncer"), {}, kCollectors);
  EXPECT_EQ(watched.scrape(), Outcome::failed);
  EXPECT_TRUE(watched.shows("pgbouncer_up 0")) << watched.page();
  EXPECT_TRUE(std::isnan(watched.value("pg_up")));
  EXPECT_TRUE(watched.run("pgbouncer").wanted);
  EXPECT_FALSE(watched.run("locks").wanted);
}

TEST(PgBouncer, ASilentConsoleCostsTheDeadline) {
  const FakePostgres console(
      [](const std::string& database, const std::string& sql) {
        FakeAnswer answer = say(database, sql);
        answer.silent = sql == "SHOW POOLS";
        return answer;
      },
      kConsole);
  Watched watched(console.dsn("pgbouncer"), {}, kCollectors);
  EXPECT_EQ(watched.scrape(std::chrono::milliseconds(300)), Outcome::ok);
  EXPECT_TRUE(watched.shows("pgbouncer_version_info{version=\"PgBouncer 1.18.0\"} 1"));
  EXPECT_EQ(watched.count("pgbouncer_pools_client_active_connections"), 0U);
}

// Rows of a table that says nothing, but for the login's.
FakeAnswer say_little(const std::string& /*database*/, const std::string& sql) {
  FakeAnswer answer;
  if (sql.find("AS banner") != std::string::npos) {
    answer.tsv = "banner\trole\tmonitor\tsettings\nPostgreSQL 15.18\twatcher\tt\t\\N\n";
  } else if (sql.find("coalesce(seq_scan") != std::string::npos) {
    answer.tsv = "datname\tschemaname\trelname\tseq_scan\napp\tpublic\torders\t7\n";
  }
  return answer;
}

TEST(PgBouncer, BehindItNothingIsPrepared) {
  const FakePostgres server(say_little, {.pid = 0x7abcdef1, .forgets = true});
  Watched watched(server.dsn("app"), {}, {"stat_user_tables"});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(watched.scrape(), Outcome::ok);
    EXPECT_TRUE(watched.shows("pg_up 1"));
    EXPECT_EQ(watched.count("pg_stat_user_tables_seq_scan"), 1U);
    EXPECT_EQ(watched.note(), "");
  }
  EXPECT_EQ(server.prepared(), 0U);
}

// The number that the pooler told could be a process's.
TEST(PgBouncer, StatementsThatAreGoneAreAskedAgainWithinTheScrape) {
  const FakePostgres server(say_little, {.forgets = true});
  Watched watched(server.dsn("app"), {}, {"stat_user_tables", "locks", "database"});
  watched.scrape();
  const unsigned prepared = server.prepared();
  EXPECT_GT(prepared, 0U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(watched.scrape(), Outcome::ok);
    EXPECT_EQ(watched.count("pg_stat_user_tables_seq_scan"), 1U);
    EXPECT_TRUE(watched.run("stat_user_tables").sink.notes().empty());
  }
  EXPECT_EQ(server.prepared(), prepared);
}

TEST(PgBouncer, RefusedSettingsAreSaidWithTheRemedy) {
  for (const auto& [said, parameter] :
       {std::pair<std::string, std::string>("unsupported startup parameter: options", "options"),
        {"unsupported startup parameter in options: statement_timeout", "statement_timeout"}}) {
    const FakePostgres server(say_little, {.refusal = said});
    Watched watched(server.dsn("app") + "&statement_timeout=5000", {}, {"locks"});
    EXPECT_EQ(watched.scrape(), Outcome::failed);
    EXPECT_TRUE(watched.shows("pg_up 0"));
    EXPECT_TRUE(watched.reason().ends_with("FATAL: " + said + "; add " + parameter +
                                           " to ignore_startup_parameters in pgbouncer.ini, or leave server settings "
                                           "out of the DSN"))
        << watched.reason();
  }
}

TEST(PgBouncer, ItsConsoleIsNoOtherDatabaseOfTheServer) {
  const FakePostgres server(say_little);
  Watched watched(server.dsn("app") + "," + server.dsn("pgbouncer"), {}, {"stat_user_tables"});
  EXPECT_EQ(watched.targets(), 2U);
  EXPECT_EQ(watched.scrape(std::chrono::seconds(20), 1), Outcome::ok);
  // A database may have that name.
  EXPECT_TRUE(watched.shows("pg_up 1"));
}

TEST(PgBouncer, ReadsTheColumnsOfOldReleases) {
  QueryRun run(spec_of("pgbouncer"));
  EXPECT_EQ(run.read("name\thost\tport\tdatabase\tforce_user\tpool_size\treserve_pool\tpool_mode\tpaused\n"
                     "app\tdb\t5432\tapp\t\\N\t20\t5\t\\N\t0\n",
                     kDatabases),
            Outcome::ok);
  EXPECT_NE(run.page().find("pgbouncer_databases_reserve_pool{name=\"app\",host=\"db\",port=\"5432\",database=\"app\","
                            "force_user=\"\",pool_mode=\"\"} 5\n"),
            std::string::npos)
      << run.page();
  EXPECT_EQ(
      run.read("database\tuser\tcl_active\tcl_waiting\tcl_cancel_req\tsv_active\nshop\tweb\t12\t3\t1\t5\n", kPools),
      Outcome::ok);
  EXPECT_NE(run.page().find("pgbouncer_pools_client_waiting_connections{database=\"shop\",user=\"web\"} 3\n"),
            std::string::npos);
  EXPECT_EQ(run.read("type\tuser\tdatabase\tstate\nC\tweb\tshop\tactive\nC\tweb\tshop\tactive\n", kClients),
            Outcome::ok);
  EXPECT_NE(run.page().find("pgbouncer_client_connections{database=\"shop\",user=\"web\",application_name=\"\","
                            "state=\"active\"} 2\n"),
            std::string::npos)
      << run.page();
}

TEST(PgBouncer, TimesAreSeconds) {
  QueryRun run(spec_of("pgbouncer"));
  EXPECT_EQ(run.read("database\txact_time\tquery_time\twait_time\nshop\t1500000\t1\tnever\n", kTotals), Outcome::ok);
  EXPECT_NE(run.page().find("pgbouncer_stats_totals_server_in_transaction_seconds_total{database=\"shop\"} 1.5\n"),
            std::string::npos)
      << run.page();
  EXPECT_NE(run.page().find("pgbouncer_stats_totals_queries_duration_seconds_total{database=\"shop\"} 1e-06\n"),
            std::string::npos);
  EXPECT_EQ(run.problems(Problem::parse), 1U);
}

}  // namespace
}  // namespace tests
