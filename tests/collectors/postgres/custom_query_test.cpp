#include "collectors/postgres/custom_query.h"

#include <gtest/gtest.h>

#include "exporter/registry.h"
#include "tests/support/allocations.h"
#include "tests/support/exposition.h"
#include "tests/support/typed_rows.h"

namespace {

using exporter::Outcome;
using exporter::Problem;
using exporter::postgres::CustomQuery;
using exporter::postgres::CustomQueryDesc;
using exporter::postgres::Scope;
using exporter::postgres::ServerInfo;

// One query of a file, and what it makes of rows.
class Asked {
 public:
  explicit Asked(std::string_view file, bool every_database = false) {
    auto parsed = exporter::postgres::parse_custom_queries("queries.yml", file);
    EXPECT_EQ(parsed.errors, std::vector<std::string>());
    EXPECT_EQ(parsed.queries.size(), 1U);
    query_ = std::make_unique<CustomQuery>(std::make_shared<const CustomQueryDesc>(std::move(parsed.queries.at(0))),
                                           every_database);
  }

  Outcome read(std::string_view tsv) { return read(tests::TypedRows(tsv)); }
  Outcome read(const exporter::postgres::Rows& rows) {
    sink_.clear();
    return query_->read(server_, rows, sink_);
  }
  // The page without HELP, checked.
  std::string page() {
    exporter::Registry registry;
    std::string page;
    const exporter::Sink* sinks[] = {&sink_};
    tests::append_page(registry, sinks, page);
    const auto parsed = tests::parse_exposition(page);
    EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.front() << "\n" << page;
    std::string result;
    for (std::string_view rest = page; !rest.empty();) {
      const auto line = platform_take(rest);
      if (!line.starts_with("# HELP")) {
        result.append(line).append("\n");
      }
    }
    return result;
  }
  std::string problems() const {
    std::string text;
    for (const auto& line : sink_.remarks()) {
      text.append(line).append("\n");
    }
    return text;
  }
  CustomQuery& query() { return *query_; }
  exporter::Sink& sink() { return sink_; }
  ServerInfo& server() { return server_; }

 private:
  static std::string_view platform_take(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
  }
  std::unique_ptr<CustomQuery> query_;
  ServerInfo server_{.version = 150004, .server = "db:5432"};
  exporter::Sink sink_{{}};
};

TEST(CustomQuery, EveryUsage) {
  Asked asked(R"(
pg_q:
  query: SELECT
  labels: {team: a}
  metrics:
    - state: {usage: LABEL, description: x}
    - n: {usage: GAUGE, description: x}
    - done: {usage: COUNTER, description: x}
    - mode: {usage: MAPPEDMETRIC, metric_mapping: {up: 1, down: 0.5}}
    - plain: {usage: MAPPEDMETRIC}
    - took: {usage: DURATION}
    - away: {usage: DISCARD}
)");
  EXPECT_EQ(
      asked.read("state:text\tn:int8\tdone:bool\tmode:text\tplain:numeric\ttook:float8\taway:text\tother:timestamptz\n"
                 "new\t3\tt\tup\t7\t1.5\tx\t1970-01-01 00:00:10.9+00\n"
                 "\"old\\\t\\N\tf\tdown\t8\t2\tx\t1970-01-01 00:00:10+00\n"),
      Outcome::ok);
  EXPECT_EQ(asked.page(), R"(# TYPE pg_q_done counter
pg_q_done{server="db:5432",state="new",team="a"} 1
pg_q_done{server="db:5432",state="\"old\\",team="a"} 0
# TYPE pg_q_mode gauge
pg_q_mode{server="db:5432",state="new",team="a"} 1
pg_q_mode{server="db:5432",state="\"old\\",team="a"} 0.5
# TYPE pg_q_n gauge
pg_q_n{server="db:5432",state="new",team="a"} 3
pg_q_n{server="db:5432",state="\"old\\",team="a"} NaN
# TYPE pg_q_other untyped
pg_q_other{server="db:5432",state="new",team="a"} 10
pg_q_other{server="db:5432",state="\"old\\",team="a"} 10
# TYPE pg_q_plain gauge
pg_q_plain{server="db:5432",state="new",team="a"} 7
pg_q_plain{server="db:5432",state="\"old\\",team="a"} 8
# TYPE pg_q_took_milliseconds gauge
pg_q_took_milliseconds{server="db:5432",state="new",team="a"} 1.5
pg_q_took_milliseconds{server="db:5432",state="\"old\\",team="a"} 2
)");
  EXPECT_EQ(asked.problems(), "");
}

TEST(CustomQuery, Histograms) {
  Asked asked("pg_h:\n  query: SELECT\n  metrics: [{t: {usage: HISTOGRAM}}, {k: {usage: LABEL}}]\n");
  asked.read(
      "k:bool\tt:float8[]\tt_bucket:int8[]\tt_sum:numeric\tt_count:int8\nt\t{0.1,1,Infinity}\t{1,3,4}\t5.5\t4\n"
      "f\t{}\t{}\t\\N\t0\n");
  EXPECT_EQ(asked.page(), R"(# TYPE pg_h_t histogram
pg_h_t_bucket{k="true",server="db:5432",le="0.1"} 1
pg_h_t_bucket{k="true",server="db:5432",le="1"} 3
pg_h_t_bucket{k="true",server="db:5432",le="+Inf"} 4
pg_h_t_sum{k="true",server="db:5432"} 5.5
pg_h_t_count{k="true",server="db:5432"} 4
pg_h_t_bucket{k="false",server="db:5432",le="+Inf"} 0
pg_h_t_sum{k="false",server="db:5432"} NaN
pg_h_t_count{k="false",server="db:5432"} 0
)");
  EXPECT_EQ(asked.problems(), "");
  for (const std::string_view row : {"{1,2}\t{1}\t1\t1", "{2,1}\t{1,2}\t1\t2", "{1,2}\t{2,1}\t1\t2", "x\t{1}\t1\t1",
                                     "{1}\t\\N\t1\t1", "{1}\t{1}\t1\t\\N"}) {
    asked.read("t:float8[]\tt_bucket:int8[]\tt_sum:numeric\tt_count:int8\tk:text\n" + std::string(row) + "\tx\n");
    EXPECT_EQ(asked.page(), "") << row;
    EXPECT_EQ(asked.problems(), "queries.yml:1: pg_h: column 't': bounds must grow and counts add up, one for each\n")
        << row;
  }
  asked.read("k:text\tt:float8[]\tt_bucket:int8[]\tt_sum:numeric\n");
  EXPECT_EQ(asked.problems(), "queries.yml:1: pg_h: no column 't_count' for a histogram\n");
}

TEST(CustomQuery, LabelsByTheirTypes) {
  Asked asked("q:\n  query: SELECT\n  metrics:\n" +
              std::string("    - {b: label, f: label, at: label, none: label, a-b: label, n: gauge}\n"));
  asked.read(
      "b:bool\tf:float8\tat:timestamptz\tnone:text\ta-b:text\tn:int4\n"
      "f\t1000000\t1970-01-01 00:01:00+00\t\\N\tx\t1\n");
  EXPECT_EQ(asked.page(),
            "# TYPE q_n gauge\nq_n{a_b=\"x\",at=\"60\",b=\"false\",f=\"1e+06\",none=\"\",server=\"db:5432\"} 1\n");
}

TEST(CustomQuery, AColumnMayTakeTheServersPlaceButNotAnothers) {
  Asked asked("q:\n  query: SELECT\n  metrics: [{server: label}, {target: label}, {n: gauge}]\n");
  asked.sink().set_constant_labels("target=\"a\"");
  asked.read("server:text\ttarget:text\tn:int4\nx\ty\t1\n");
  EXPECT_EQ(asked.page(), "# TYPE q_n gauge\nq_n{target=\"a\",exported_target=\"y\",server=\"x\"} 1\n");
}

TEST(CustomQuery, WhatCannotBeReadIsLeftOutAndNamedOnce) {
  Asked asked("q:\n  query: SELECT\n  metrics: [{k: label}, {n: gauge}, {gone: gauge}]\n");
  EXPECT_EQ(asked.read("k:text\tn:text\t?column?:int4\tn:int4\t9x:int4\na\tx\t5\t2\t1\nb\ty\t6\t3\t1\n"), Outcome::ok);
  EXPECT_EQ(asked.page(), R"(# TYPE q_9x untyped
q_9x{k="a",server="db:5432"} 1
q_9x{k="b",server="db:5432"} 1
# TYPE q__column_ untyped
q__column_{k="a",server="db:5432"} 5
q__column_{k="b",server="db:5432"} 6
# TYPE q_n gauge
q_n{k="a",server="db:5432"} 2
q_n{k="b",server="db:5432"} 3
)");
  EXPECT_EQ(asked.problems(), "queries.yml:1: q: no column 'gone'; mend the statement or the list\n");
  asked.read("k:text\tn:text\na\tx\nb\ty\n");
  EXPECT_EQ(asked.page(), "");
  EXPECT_EQ(asked.problems(),
            "queries.yml:1: q: no column 'gone'; mend the statement or the list\n"
            "queries.yml:1: q: column 'n' is no number; list it as LABEL or DISCARD\n");
}

TEST(CustomQuery, ALabelWithoutColumnFailsTheQuery) {
  Asked asked("q:\n  query: SELECT\n  metrics: [{k: label}, {n: gauge}]\n");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(asked.read("n:int4\n1\n"), Outcome::failed);
    EXPECT_EQ(asked.problems(), "queries.yml:1: q: no column 'k' for a label; mend the statement or the list\n");
  }
  EXPECT_EQ(asked.read(""), Outcome::failed);
  EXPECT_EQ(asked.read("n:int4\tk:text\n1\tx\n"), Outcome::ok);
  EXPECT_EQ(asked.page(), "# TYPE q_n gauge\nq_n{k=\"x\",server=\"db:5432\"} 1\n");
}

TEST(CustomQuery, StatementsAndPredicates) {
  std::string sql;
  const auto statement = [&](Asked& asked) {
    asked.query().statement(asked.server(), sql);
    return sql;
  };
  const auto predicate = [&](Asked& asked) {
    asked.query().predicate(asked.server(), sql);
    return sql;
  };
  Asked plain("q: {query: SELECT 1 AS a}");
  EXPECT_EQ(statement(plain), "SELECT 1 AS a");
  EXPECT_EQ(predicate(plain), "");
  EXPECT_EQ(plain.query().scope(), Scope::server);
  Asked newer("q: {query: SELECT 1, versions: '>=16', predicate: SELECT true, on: primary}");
  EXPECT_EQ(statement(newer), "");
  EXPECT_EQ(predicate(newer), "");
  newer.server().version = 160000;
  EXPECT_EQ(statement(newer), "SELECT 1");
  EXPECT_EQ(predicate(newer), "SELECT CASE WHEN NOT pg_is_in_recovery() THEN (SELECT true\n) ELSE false END");
  Asked standby("q: {query: SELECT 1, on: standby}");
  EXPECT_EQ(predicate(standby), "SELECT pg_is_in_recovery()");
  Asked own("q: {query: SELECT 1, predicate: SELECT true}");
  EXPECT_EQ(predicate(own), "SELECT true");
}

TEST(CustomQuery, EveryDatabase) {
  std::string sql;
  Asked each("q: {query: \"SELECT 1 AS n -- one\", scope: database, metrics: {n: gauge}}");
  each.query().statement(each.server(), sql);
  EXPECT_EQ(sql, "SELECT pg_catalog.current_database() AS datname, q.* FROM (SELECT 1 AS n -- one\n) AS q");
  EXPECT_EQ(each.query().scope(), Scope::database);
  each.read("datname:text\tn:int4\napp\t1\n");
  EXPECT_EQ(each.page(), "# TYPE q_n gauge\nq_n{datname=\"app\",server=\"db:5432\"} 1\n");
  Asked named("q: {query: 'SELECT datname, n FROM x', scope: database, metrics: {datname: label}}");
  named.query().statement(named.server(), sql);
  EXPECT_EQ(sql, "SELECT datname, n FROM x");
  // Files for postgres_exporter: by --auto-discover-databases, unless they say master.
  EXPECT_EQ(Asked("q: {query: SELECT 1}", true).query().scope(), Scope::database);
  EXPECT_EQ(Asked("q: {query: SELECT 1, master: true}", true).query().scope(), Scope::server);
  EXPECT_EQ(Asked("q: {query: SELECT 1, scope: server}", true).query().scope(), Scope::server);
}

TEST(CustomQuery, FailuresAreNamedWithTheirRemedy) {
  const auto said = [](std::string_view database, Problem kind, std::string_view why) {
    Asked asked("\npg_q: {query: SELECT 1}");
    EXPECT_FALSE(asked.query().failed());
    asked.query().fail(database, kind, why, asked.sink());
    EXPECT_TRUE(asked.query().failed());
    EXPECT_EQ(asked.sink().problems()[static_cast<std::size_t>(kind)], 1U);
    return asked.problems();
  };
  EXPECT_EQ(said("", Problem::missing, "relation \"x\" does not exist"),
            "queries.yml:2: pg_q: relation \"x\" does not exist; mend the statement, or give it versions, scope or a "
            "predicate\n");
  EXPECT_EQ(said("app", Problem::denied, "permission denied for table x"),
            "queries.yml:2: pg_q: app: permission denied for table x; grant the exporter's role SELECT on it\n");
  EXPECT_EQ(
      said("", Problem::deadline, "canceling statement due to statement timeout"),
      "queries.yml:2: pg_q: canceling statement due to statement timeout; give the query a ttl, or a longer timeout\n");
  EXPECT_EQ(said("", Problem::io, "division by zero"),
            "queries.yml:2: pg_q: division by zero; try the statement in psql\n");
}

TEST(CustomQuery, AWarmReadAllocatesNothing) {
  Asked asked("q:\n  query: SELECT\n  metrics: [{k: label}, {n: gauge}, {t: {usage: HISTOGRAM}}]\n");
  const tests::TypedRows rows(
      "k:text\tn:int8\tt:float8[]\tt_bucket:int8[]\tt_sum:numeric\tt_count:int8\n"
      "a text that is longer than a small string\t1\t{1,2}\t{1,2}\t3\t2\nb\t2\t{1,2}\t{1,2}\t3\t2\n");
  asked.read(rows);
  asked.read(rows);
  const auto before = tests::allocations();
  asked.read(rows);
  EXPECT_EQ(tests::allocations() - before, 0U);
}

}  // namespace
