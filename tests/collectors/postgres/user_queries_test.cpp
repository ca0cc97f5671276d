#include <gtest/gtest.h>

#include "platform/sha256.h"
#include "tests/support/fake_postgres.h"
#include "tests/support/host_folder.h"
#include "tests/support/watched_postgres.h"

namespace tests {
namespace {

using exporter::Outcome;
using exporter::Problem;

// A server that knows what is said of it, by a part of the statement; it fails all else.
FakePostgres::Say knowing(std::vector<std::pair<std::string, std::string>> replies,
                          std::vector<std::string> databases = {"postgres"}) {
  return [=](const std::string& here, const std::string& sql) {
    FakeAnswer answer;
    if (sql.find("AS banner") != std::string::npos) {
      answer.tsv = "banner\trole\tmonitor\tsettings\nPostgreSQL 15.18\twatcher\tt\ton\n";
      return answer;
    }
    if (sql.find("AS own") != std::string::npos) {
      answer.tsv = "datname\town\n";
      for (const auto& database : databases) {
        answer.tsv += database + "\t" + here + "\n";
      }
      return answer;
    }
    for (const auto& [part, tsv] : replies) {
      if (sql.find(part) != std::string::npos) {
        answer.tsv = tsv;
        for (auto at = answer.tsv.find("HERE"); at != std::string::npos; at = answer.tsv.find("HERE")) {
          answer.tsv.replace(at, 4, here);
        }
        return answer;
      }
    }
    if (!sql.starts_with("SET LOCAL")) {
      answer.sqlstate = "42P01";
      answer.message = "relation \"x\" does not exist";
    }
    return answer;
  };
}

class UserQueries : public testing::Test {
 protected:
  void write(std::string_view text) const { folder_.write("q.yml", text); }
  std::string path() const { return folder_.path("q.yml"); }
  std::vector<std::pair<std::string, std::string>> settings() const { return {{"extend.query-path", path()}}; }
  std::string load_error(std::string_view text, int value) const {
    return "pg_exporter_user_queries_load_error{filename=\"" + path() + "\",hashsum=\"" + platform::sha256_hex(text) +
           "\"} " + std::to_string(value);
  }

  HostFolder folder_;
};

TEST_F(UserQueries, OneThatFailsCostsItselfOnly) {
  constexpr std::string_view kFile =
      "app_a: {query: SELECT a, metrics: {n: gauge}}\n"
      "app_x: {query: SELECT x, metrics: {n: gauge}}\n"
      "app_b: {query: SELECT b, metrics: {n: gauge}}\n";
  write(kFile);
  const FakePostgres server(knowing({{"SELECT a", "n\n1\n"}, {"SELECT b", "n\n2\n"}}));
  Watched watched(server.dsn(), settings(), {"user_queries"});
  const std::string label = "{server=\"127.0.0.1:" + std::to_string(server.port()) + "\"} ";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(watched.scrape(), Outcome::ok);
    EXPECT_TRUE(watched.shows("app_a_n" + label + "1")) << watched.page();
    EXPECT_TRUE(watched.shows("app_b_n" + label + "2")) << watched.page();
    EXPECT_TRUE(watched.shows(load_error(kFile, 0))) << watched.page();
    EXPECT_TRUE(watched.shows("resource_exporter_postgres_query_success{query=\"app_a\"} 1"));
    EXPECT_TRUE(watched.shows("resource_exporter_postgres_query_success{query=\"app_x\"} 0"));
    EXPECT_TRUE(watched.shows("pg_exporter_last_scrape_error 1"));
    EXPECT_TRUE(watched.shows("pg_up 1"));
    EXPECT_EQ(watched.run("user_queries").outcome, Outcome::ok);
    EXPECT_EQ(watched.remarks(),
              "q.yml:2: app_x: relation \"x\" does not exist; mend the statement, or give it versions, scope or a "
              "predicate\n");
  }
}

TEST_F(UserQueries, EachRunsInATransactionOfItsOwnWithItsLimits) {
  write(
      "a: {query: SELECT a, timeout: 250ms, metrics: {n: gauge}}\n"
      "b: {query: SELECT b, timeout: 1h, metrics: {n: gauge}}\n");
  const FakePostgres server(knowing({{"SELECT a", "n\n1\n"}, {"SELECT b", "n\n2\n"}}));
  Watched watched(server.dsn(), settings(), {"user_queries"});
  watched.scrape();
  watched.scrape();
  EXPECT_EQ(server.executions("postgres", "SET LOCAL search_path TO DEFAULT"), 4U);
  EXPECT_EQ(server.executions("postgres", "SET LOCAL statement_timeout TO 250"), 2U);
  EXPECT_EQ(server.executions("postgres", "SET LOCAL statement_timeout"), 2U);  // an hour is beyond the scrape's end
}

TEST_F(UserQueries, WhatIsNotDueIsShownAgain) {
  write("a: {query: SELECT a, ttl: 1h, metrics: {n: gauge}}\n");
  const FakePostgres server(knowing({{"SELECT a", "n\n1\n"}}));
  Watched watched(server.dsn(), settings(), {"user_queries"});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(watched.scrape(), Outcome::ok);
    EXPECT_EQ(watched.count("a_n"), 1U);
  }
  EXPECT_EQ(server.executions("postgres", "SELECT a"), 1U);
}

TEST_F(UserQueries, APredicateThatIsNotTrueLeavesTheQueryOut) {
  write(
      "a: {query: SELECT a, predicate: SELECT yes, metrics: {n: gauge}}\n"
      "b: {query: SELECT b, predicate: SELECT no, metrics: {n: gauge}}\n"
      "c: {query: SELECT c, predicate: SELECT wrong, metrics: {n: gauge}}\n"
      "z: {query: SELECT z, versions: '>=16', metrics: {n: gauge}}\n"
      "e: {query: SELECT e, on: standby, ttl: 1h, metrics: {n: gauge}}\n"
      "f: {query: SELECT f, on: primary, ttl: 1h, metrics: {n: gauge}}\n");
  const FakePostgres server(knowing({{"SELECT a", "n\n1\n"},
                                     {"SELECT b", "n\n2\n"},
                                     {"SELECT f", "n\n6\n"},
                                     {"SELECT yes", "x\nt\n"},
                                     {"SELECT no", "x\nf\n"},
                                     {"SELECT NOT pg_is_in_recovery()", "x\nt\n"},
                                     {"SELECT pg_is_in_recovery()", "x\nf\n"}}));
  Watched watched(server.dsn(), settings(), {"user_queries"});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(watched.scrape(), Outcome::ok);
    EXPECT_EQ(watched.count("a_n"), 1U) << watched.page();
    EXPECT_EQ(watched.count("b_n") + watched.count("c_n") + watched.count("z_n") + watched.count("e_n"), 0U);
    EXPECT_EQ(watched.count("f_n"), 1U);
    EXPECT_EQ(watched.remarks(),
              "q.yml:3: c: relation \"x\" does not exist; mend the statement, or give it versions, scope or a "
              "predicate\n");
  }
  EXPECT_EQ(server.executions("postgres", "SELECT b") + server.executions("postgres", "SELECT c") +
                server.executions("postgres", "SELECT z") + server.executions("postgres", "SELECT e"),
            0U);
  EXPECT_EQ(server.executions("postgres", "SELECT f"), 1U);
}

TEST_F(UserQueries, EveryDatabaseOnRequest) {
  write(
      "one: {query: SELECT one, metrics: {n: gauge}}\n"
      "all: {query: SELECT all, scope: database, metrics: {n: gauge}}\n");
  const FakePostgres server(
      knowing({{"SELECT one", "n\n1\n"}, {"SELECT all", "datname\tn\nHERE\t2\n"}}, {"a", "b", "c", "postgres"}));
  Watched watched(server.dsn(), settings(), {"user_queries"});
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_EQ(watched.count("one_n"), 1U);
  EXPECT_EQ(watched.count("all_n"), 4U) << watched.page();
  for (const std::string database : {"a", "b", "c", "postgres"}) {
    EXPECT_TRUE(watched.shows("all_n{datname=\"" + database + "\",server=\"127.0.0.1:" + std::to_string(server.port()) +
                              "\"} 2"))
        << watched.page();
  }
  EXPECT_LE(server.most_connections(), 3U);
}

TEST_F(UserQueries, AFileThatIsOfNoUseIsSaidToBe) {
  write("- x\n");
  const FakePostgres server(knowing({}));
  Watched watched(server.dsn(), settings(), {"user_queries"});
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_TRUE(watched.shows(load_error("- x\n", 1))) << watched.page();
  EXPECT_EQ(watched.run("user_queries").outcome, Outcome::ok);
  EXPECT_EQ(watched.remarks(), path() +
                                   ":1:1: no queries; begin with a name and a colon, and below it, indented, "
                                   "query:\n");
  Watched nowhere(server.dsn(), {{"extend.query-path", "/nonexistent"}}, {"user_queries"});
  EXPECT_EQ(nowhere.scrape(), Outcome::ok);
  EXPECT_TRUE(nowhere.shows("pg_exporter_user_queries_load_error{filename=\"/nonexistent\",hashsum=\"\"} 1"));
}

TEST_F(UserQueries, AFileThatChangesTakesEffectWithTheNextScrape) {
  write("a: {query: SELECT a, metrics: {n: gauge}}\n");
  const FakePostgres server(knowing({{"SELECT a", "n\n1\n"}, {"SELECT b", "n\n2\n"}, {"SELECT c", "n\n3\n"}}));
  Watched watched(server.dsn(), settings(), {"user_queries"});
  watched.scrape();
  EXPECT_EQ(watched.count("a_n"), 1U);
  constexpr std::string_view kMore =
      "b: {query: SELECT b, metrics: {n: gauge}}\nc: {query: SELECT c, ttl: 1h, metrics: {n: gauge}}\n";
  write(kMore);
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_EQ(watched.count("a_n"), 0U);
  EXPECT_EQ(watched.count("b_n"), 1U);
  EXPECT_EQ(watched.count("c_n"), 1U);

  write("b: [");
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_EQ(watched.count("b_n"), 1U);
  EXPECT_TRUE(watched.shows(load_error("b: [", 1)));

  write("");
  EXPECT_EQ(watched.scrape(), Outcome::ok);
  EXPECT_EQ(watched.count("b_n"), 0U);
  EXPECT_TRUE(watched.shows(load_error("", 0)));
}

}  // namespace
}  // namespace tests
