// A whole server: which statements go over which connections, and what of it the page shows.
#include <gtest/gtest.h>

#include "tests/support/fake_postgres.h"
#include "tests/support/watched_postgres.h"

namespace tests {
namespace {

using Clock = std::chrono::steady_clock;
using exporter::Outcome;

// What a server with these databases says; each has one table.
FakeAnswer say(const std::vector<std::string>& databases, const std::string& here, const std::string& sql) {
  FakeAnswer answer;
  if (sql.find("AS banner") != std::string::npos) {
    answer.tsv = "banner\trole\tmonitor\tsettings\nPostgreSQL 15.18\twatcher\tt\ton\n";
  } else if (sql.find("AS own") != std::string::npos) {
    answer.tsv = "datname\town\n";
    for (const auto& database : databases) {
      answer.tsv += database + "\t" + here + "\n";
    }
  } else if (sql.find("coalesce(seq_scan") != std::string::npos) {
    answer.tsv = "datname\tschemaname\trelname\tseq_scan\n" + here + "\tpublic\torders\t7\n";
  } else if (sql.find("pg_table_size") != std::string::npos) {
    answer.tsv =
        "datname\tschemaname\trelname\tindex_size_bytes\ttable_size_bytes\n" + here + "\tpublic\torders\t8192\t16384\n";
  } else if (sql.find("pg_database_size") != std::string::npos) {
    answer.tsv = "datname\tsize_bytes\n";
    for (const auto& database : databases) {
      answer.tsv += database + "\t1000\n";
    }
  } else if (sql.find("datconnlimit AS connection_limit") != std::string::npos) {
    answer.tsv = "datname\tconnection_limit\n";
    for (const auto& database : databases) {
      answer.tsv += database + "\t-1\n";
    }
  }
  return answer;
}

FakePostgres::Say saying(std::vector<std::string> databases) {
  return [databases = std::move(databases)](const std::string& here, const std::string& sql) {
    return say(databases, here, sql);
  };
}

std::string scans(const std::string& database) {
  return "pg_stat_user_tables_seq_scan{datname=\"" + database + "\",schemaname=\"public\",relname=\"orders\"} 7";
}

std::string size(const std::string& database) {
  return "pg_stat_user_tables_table_size_bytes{datname=\"" + database +
         "\",schemaname=\"public\",relname=\"orders\"} 16384";
}

// Scrapes until `done`, which rounds may take a moment for.
template <class Done>
bool scrape_until(Watched& watched, Done done) {
  for (int tries = 0; tries < 500; ++tries) {
    watched.scrape();
    if (done()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(PostgresTarget, EveryDatabaseIsReadOverThreeConnections) {
  const FakePostgres server(saying({"a", "b", "c", "d", "postgres"}));
  Watched watched(server.dsn());
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  for (const std::string database : {"a", "b", "c", "d", "postgres"}) {
    EXPECT_TRUE(watched.shows(scans(database))) << watched.page();
    EXPECT_TRUE(watched.shows(size(database))) << watched.page();
    EXPECT_TRUE(watched.shows("pg_database_size_bytes{datname=\"" + database + "\"} 1000"));
    EXPECT_TRUE(watched.shows("pg_database_connection_limit{datname=\"" + database + "\"} -1"));
  }
  EXPECT_EQ(watched.count("resource_exporter_postgres_oldest_reading_seconds"), 2U);
  EXPECT_LE(server.most_connections(), 3U);
}

TEST(PostgresTarget, ManyDatabasesTakeNoMoreConnectionsAndDelayNoPage) {
  std::vector<std::string> databases = {"postgres"};
  for (int number = 0; number < 60; ++number) {
    databases.push_back("db" + std::to_string(number));
  }
  const FakePostgres server(saying(databases));
  Watched watched(server.dsn());
  const auto start = Clock::now();
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
  EXPECT_TRUE(scrape_until(watched, [&] { return watched.count("pg_stat_user_tables_seq_scan") == 61; }));
  EXPECT_LE(server.most_connections(), 3U);
}

TEST(PostgresTarget, KeptConnectionsMakeNoNewLoginAndSizesAreNotReadAgain) {
  const FakePostgres server(saying({"a", "postgres"}));
  Watched watched(server.dsn());
  watched.scrape();
  const unsigned logins = server.logins();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(watched.scrape(), Outcome::ok);
  }
  EXPECT_EQ(server.logins(), logins);
  for (const std::string database : {"a", "postgres"}) {
    EXPECT_TRUE(watched.shows(scans(database)));
    EXPECT_TRUE(watched.shows(size(database)));
    EXPECT_EQ(server.executions(database, "coalesce(seq_scan"), 4U);
    EXPECT_EQ(server.executions(database, "pg_table_size"), 1U);
  }
  EXPECT_EQ(server.executions("postgres", "pg_database_size"), 1U);
  EXPECT_EQ(server.executions("a", "pg_database_size"), 0U);
}

TEST(PostgresTarget, WhatIsReadBetweenScrapesIsReadAgainAfterEach) {
  const FakePostgres server(saying({"a", "b", "postgres"}));
  Watched watched(server.dsn());
  watched.scrape();
  EXPECT_EQ(server.executions("b", "coalesce(seq_scan"), 1U);
  EXPECT_TRUE(scrape_until(watched, [&] { return server.executions("b", "coalesce(seq_scan") > 2; }));
  EXPECT_TRUE(watched.shows(scans("b")));
  // The only database of the rounds keeps its connection: one for the sizes of a and postgres at first, no more.
  EXPECT_LE(server.logins("b"), 2U);
}

TEST(PostgresTarget, DatabasesWithoutAKeptConnectionAreNotReadAnewWithEachOfManyScrapes) {
  const FakePostgres server(saying({"a", "b", "c", "postgres"}));
  Watched watched(server.dsn());
  watched.scrape();
  const unsigned logins = server.logins();
  for (int i = 0; i < 20; ++i) {
    watched.scrape();
  }
  EXPECT_EQ(server.logins(), logins);
  EXPECT_EQ(server.executions("c", "coalesce(seq_scan"), 1U);
  EXPECT_TRUE(watched.shows(scans("c")));
}

TEST(PostgresTarget, TheAgeOfWhatIsReadBetweenScrapesIsThatOfTheOldest) {
  const FakePostgres server(saying({"postgres"}));
  Watched watched(server.dsn());
  watched.scrape();
  const std::string series = "resource_exporter_postgres_oldest_reading_seconds{collector=\"database\"}";
  const double first = watched.value(series);
  EXPECT_GE(first, 0);
  EXPECT_LT(first, 10);
  const auto before = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  watched.scrape();
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - before;
  EXPECT_GE(watched.value(series), first + 0.06);
  EXPECT_LE(watched.value(series), first + since.count() + 0.05);
}

TEST(PostgresTarget, ADatabaseThatRefusesTheLoginCostsItselfOnly) {
  FakePostgres server(saying({"a", "b", "c", "postgres"}));
  server.refuse("a");
  server.refuse("c");
  Watched watched(server.dsn());
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_TRUE(watched.shows("pg_up 1"));
  EXPECT_TRUE(watched.shows(scans("b")));
  EXPECT_TRUE(watched.shows(scans("postgres")));
  EXPECT_FALSE(watched.shows(scans("a")));
  EXPECT_FALSE(watched.shows(scans("c")));
  EXPECT_EQ(watched.run("stat_user_tables").outcome, Outcome::ok);
  const auto notes = watched.run("stat_user_tables").sink.notes();
  ASSERT_GE(notes.size(), 2U);
  EXPECT_NE(std::string(notes[0].where.data()).find("a: "), std::string::npos) << notes[0].where.data();
  EXPECT_NE(std::string(notes[0].where.data()).find("database \"a\" does not exist"), std::string::npos);
  for (const auto& note : notes) {
    EXPECT_EQ(std::string(note.where.data()).find("hunter2"), std::string::npos);
  }
}

TEST(PostgresTarget, AStatementThatFailsInOneDatabaseCostsItThereOnly) {
  const FakePostgres server([](const std::string& here, const std::string& sql) {
    auto answer = say({"a", "postgres"}, here, sql);
    if (here == "a" && sql.find("coalesce(seq_scan") != std::string::npos) {
      answer.sqlstate = "55P03";
      answer.message = "canceling statement due to lock timeout";
    }
    return answer;
  });
  Watched watched(server.dsn());
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_TRUE(watched.shows(scans("postgres")));
  EXPECT_FALSE(watched.shows(scans("a")));
  EXPECT_TRUE(watched.shows(size("a")));
  EXPECT_EQ(watched.run("stat_user_tables").outcome, Outcome::ok);
  EXPECT_EQ(watched.run("stat_user_tables").sink.problems()[static_cast<std::size_t>(exporter::Problem::deadline)], 1U);
}

TEST(PostgresTarget, DatabasesLeftOutAreNeitherConnectedToNorShown) {
  const FakePostgres server(saying({"app", "app_test", "other", "postgres"}));
  Watched watched(server.dsn(), {{"exclude-databases", "*_test, other"}});
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_TRUE(watched.shows(scans("app")));
  EXPECT_EQ(watched.count("pg_stat_user_tables_seq_scan"), 2U);
  EXPECT_EQ(watched.count("pg_database_size_bytes"), 2U);
  EXPECT_EQ(watched.count("pg_database_connection_limit"), 2U);
  EXPECT_EQ(server.logins("app_test") + server.logins("other"), 0U);
}

TEST(PostgresTarget, OnlyTheDatabaseConnectedToOnRequest) {
  const FakePostgres server(saying({"app", "postgres"}));
  Watched watched(server.dsn(), {{"auto-discover-databases", "false"}});
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_EQ(watched.count("pg_stat_user_tables_seq_scan"), 1U);
  EXPECT_EQ(watched.count("pg_stat_user_tables_table_size_bytes"), 1U);
  EXPECT_EQ(watched.count("pg_database_size_bytes"), 2U);  // of all, since one database can tell
  EXPECT_EQ(server.logins("app"), 0U);
}

TEST(PostgresTarget, SourcesOfOneServerReadTheirOwnDatabaseEach) {
  const FakePostgres server(saying({"app", "other", "postgres"}));
  Watched watched(server.dsn("app") + "," + server.dsn("postgres"));
  ASSERT_EQ(watched.targets(), 2U);
  EXPECT_EQ(watched.scrape(std::chrono::seconds(20), 0), Outcome::ok);
  EXPECT_EQ(watched.count("pg_stat_user_tables_seq_scan"), 1U);
  EXPECT_TRUE(watched.shows(scans("app")));
  EXPECT_EQ(watched.scrape(std::chrono::seconds(20), 1), Outcome::ok);
  EXPECT_EQ(watched.count("pg_stat_user_tables_seq_scan"), 1U);
  EXPECT_TRUE(watched.shows(scans("postgres")));
  EXPECT_EQ(server.logins("other"), 0U);
}

TEST(PostgresTarget, ADroppedDatabaseIsGoneFromTheNextPage) {
  std::atomic<bool> dropped = false;
  const FakePostgres server([&](const std::string& here, const std::string& sql) {
    return say(
        dropped ? std::vector<std::string>{"a", "postgres"} : std::vector<std::string>{"a", "b", "c", "postgres"}, here,
        sql);
  });
  Watched watched(server.dsn());
  watched.scrape();
  EXPECT_EQ(watched.count("pg_stat_user_tables_seq_scan"), 4U);
  dropped = true;
  watched.scrape();
  EXPECT_EQ(watched.count("pg_stat_user_tables_seq_scan"), 2U);
  EXPECT_EQ(watched.count("pg_stat_user_tables_table_size_bytes"), 2U);
  dropped = false;
  EXPECT_TRUE(scrape_until(watched, [&] { return watched.count("pg_stat_user_tables_seq_scan") == 4; }));
}

TEST(PostgresTarget, ARestartIsNotSeenOnThePage) {
  FakePostgres server(saying({"a", "postgres"}));
  Watched watched(server.dsn());
  watched.scrape();
  server.restart();
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_TRUE(watched.shows("pg_up 1"));
  EXPECT_TRUE(watched.shows(scans("a")));
  EXPECT_TRUE(watched.shows(scans("postgres")));
  EXPECT_EQ(watched.run("stat_user_tables").sink.notes().size(), 0U);
}

TEST(PostgresTarget, SizesThatHangDelayNoPage) {
  const FakePostgres server([](const std::string& here, const std::string& sql) {
    auto answer = say({"a", "postgres"}, here, sql);
    answer.silent = sql.find("_size(") != std::string::npos;
    return answer;
  });
  Watched watched(server.dsn());
  EXPECT_EQ(watched.scrape(), Outcome::ok);  // waits a moment for the first sizes
  const auto start = Clock::now();
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(900));
  EXPECT_TRUE(watched.shows(scans("a")));
  EXPECT_EQ(watched.count("pg_stat_user_tables_table_size_bytes"), 0U);
  EXPECT_EQ(watched.run("database").outcome, Outcome::ok);
}

TEST(PostgresTarget, ServersThatLieAreDownAndSaidToBe) {
  for (const std::string& raw : {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("Z\0\0\0\5I", 6),
                                 std::string("T\x7f\xff\xff\xff\0\1", 7), std::string("D\0\0\0\1", 5)}) {
    const FakePostgres server([&](const std::string& /*here*/, const std::string& /*sql*/) {
      FakeAnswer answer;
      answer.raw = raw;
      return answer;
    });
    Watched watched(server.dsn());
    EXPECT_EQ(watched.scrape(std::chrono::seconds(5)), Outcome::failed);
    EXPECT_TRUE(watched.shows("pg_up 0")) << watched.page();
    EXPECT_NE(watched.reason(), "");
    EXPECT_EQ(watched.reason().find('\n'), std::string::npos);
    EXPECT_EQ(watched.reason().find("hunter2"), std::string::npos);
  }
}

TEST(PostgresTarget, ACollectorThatTheServerIsTooOldForHasNotFailed) {
  const FakePostgres server(saying({"postgres"}));
  Watched watched(server.dsn(), {}, {"stat_checkpointer", "stat_user_tables"});
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_EQ(watched.run("stat_checkpointer").outcome, Outcome::ok);
  EXPECT_TRUE(watched.shows("pg_exporter_last_scrape_error 0"));
}

TEST(PostgresTarget, OneConnectionIsTooFew) {
  try {
    Watched watched("postgresql://watcher@127.0.0.1/postgres", {{"postgres.max-connections", "1"}});
    FAIL();
  } catch (const exporter::OptionError& error) {
    EXPECT_EQ(std::string(error.what()),
              "--postgres.max-connections=1: at least 2 are needed, one for scrapes and one for what is read between "
              "them");
  }
}

}  // namespace
}  // namespace tests
