#include <gtest/gtest.h>

#include "collectors/postgres/statements_sql.h"
#include "tests/support/fixture.h"
#include "tests/support/postgres_fixture.h"

namespace {

std::string statement_with(std::initializer_list<std::pair<std::string_view, std::string_view>> settings) {
  const auto& spec = tests::spec_of("stat_statements");
  const platform::Host host;
  exporter::Options options;
  options.declare(spec.options);
  for (const auto& [name, text] : settings) {
    options.set("collector.stat_statements." + std::string(name), text);
  }
  exporter::Shared shared;
  const exporter::Environment environment{host, options, shared};
  const auto query = std::get<exporter::MakeQuery>(spec.make)(environment);
  std::string sql;
  query->statement({150004, ""}, sql);
  return sql;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(StatStatements, LoadsTextsOnlyWhenAsked) {
  const std::string plain = statement_with({});
  EXPECT_TRUE(has(plain, "%4$I.pg_stat_statements(false)"));
  EXPECT_FALSE(has(plain, "encode("));
  EXPECT_TRUE(has(plain, "LIMIT 200)) top'"));
  const std::string text = statement_with({{"include_query", "true"}, {"query_length", "40"}, {"limit", "7"}});
  EXPECT_TRUE(has(text, "left(min(query), 40)"));
  EXPECT_TRUE(has(text, "%4$I.pg_stat_statements(true)"));
  EXPECT_TRUE(has(text, "LIMIT 14)) top'"));
}

TEST(StatStatements, NamesAreQuotedForTheStatementWithinTheStatement) {
  const std::string sql = statement_with({{"exclude_databases", "it's, 50%,"}, {"exclude_users", "backup"}});
  EXPECT_TRUE(has(sql, "WHERE dbid NOT IN (SELECT oid FROM pg_database WHERE datname IN (E''it''''s'', E''50%%''))"));
  EXPECT_TRUE(has(sql, "AND userid NOT IN (SELECT oid FROM pg_roles WHERE rolname IN (E''backup''))"));
  EXPECT_TRUE(has(statement_with({{"exclude_users", "backup"}}), "WHERE userid NOT IN"));
}

TEST(StatStatements, TakesColumnsFromTheCatalogue) {
  const std::string sql = statement_with({});
  EXPECT_TRUE(has(sql, "WHEN 'total_exec_time' = ANY (p.proargnames) THEN 'total_exec_time' ELSE 'total_time' END"));
  EXPECT_TRUE(has(sql, "THEN 'shared_blk_read_time' ELSE 'blk_read_time' END"));
}

TEST(StatStatements, RefusesNothingAsALimit) {
  EXPECT_THROW(statement_with({{"limit", "0"}}), exporter::OptionError);
  EXPECT_THROW(statement_with({{"limit", "9223372036854775807"}}), exporter::OptionError);
  EXPECT_THROW(statement_with({{"query_length", "-1"}}), exporter::OptionError);
}

TEST(StatStatements, TheRestIsShownAsOther) {
  tests::QueryRun run(tests::spec_of("stat_statements"),
                      {{"collector.stat_statements.other", "true"}, {"collector.stat_statements.limit", "1"}});
  const std::string head =
      "user\tdatname\tqueryid\tcalls_total\tseconds_total\trows_total\tblock_read_seconds_total\t"
      "block_write_seconds_total\n";
  EXPECT_EQ(run.read(head + "app\tshop\t7\t10\t2.5\t20\t0.5\t0\napp\tshop\t8\t3\t1\t4\t0\t0\n"
                            "unknown (OID=0)\t\\N\t\t15\t4\t30\t0.75\t1\n"),
            exporter::Outcome::ok);
  const std::string page = run.page();
  for (const char* line : {"calls_total{user=\"app\",datname=\"shop\",queryid=\"7\"} 10\n",
                           "calls_total{user=\"\",datname=\"\",queryid=\"other\"} 5\n",
                           "seconds_total{user=\"\",datname=\"\",queryid=\"other\"} 1.5\n",
                           "rows_total{user=\"\",datname=\"\",queryid=\"other\"} 10\n",
                           "block_read_seconds_total{user=\"\",datname=\"\",queryid=\"other\"} 0.25\n",
                           "block_write_seconds_total{user=\"\",datname=\"\",queryid=\"other\"} 1\n"}) {
    EXPECT_TRUE(has(page, std::string("pg_stat_statements_") + line)) << line << page;
  }
  EXPECT_FALSE(has(page, "queryid=\"8\""));
  EXPECT_FALSE(has(page, "unknown (OID=0)"));
}

TEST(StatStatements, UnhexedTextEndsAtWhatIsNoDigit) {
  std::string text;
  exporter::postgres::append_unhexed(text, "41c3a90a5");
  EXPECT_EQ(text, "A\xc3\xa9\n");
  exporter::postgres::append_unhexed(text, "42g043");
  EXPECT_EQ(text, "A\xc3\xa9\nB");
}

}  // namespace
