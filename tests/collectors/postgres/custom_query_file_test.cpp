#include "collectors/postgres/custom_query_file.h"

#include <gtest/gtest.h>

namespace {

using exporter::postgres::CustomQueryDesc;
using exporter::postgres::CustomQueryFile;
using exporter::postgres::parse_custom_queries;
using exporter::postgres::Usage;

CustomQueryFile read(std::string_view text) { return parse_custom_queries("/etc/queries.yml", text); }

// What was wrong, one a line.
std::string complaints(std::string_view text) {
  const auto file = read(text);
  std::string result;
  for (const auto* list : {&file.errors, &file.warnings}) {
    for (const auto& line : *list) {
      result.append(result.empty() ? "" : "\n").append(list == &file.warnings ? "warning " : "").append(line);
    }
  }
  return result;
}

TEST(CustomQueryFile, TheFormThatPostgresExporterReads) {
  const auto file = read(R"(
pg_replication:
  query: "SELECT lag FROM x;"
  master: true
  cache_seconds: 30
  runonserver: ">=10.0.0"
  metrics:
    - lag:
        usage: "GAUGE"
        description: "Lag behind the primary"
    - slot:
        usage: "LABEL"
    - odd: {usage: "DISCARD", description: x}
pg_more:
  query: |
    SELECT 1 AS a,
           2 AS b
  metrics:
    - a: {usage: COUNTER}
    - h: {usage: HISTOGRAM}
    - m: {usage: MAPPEDMETRIC, metric_mapping: {up: 1, down: 0.5}}
    - d: {usage: DURATION}
pg_off: {query: ""}
)");
  EXPECT_EQ(file.errors, std::vector<std::string>());
  EXPECT_EQ(file.warnings, std::vector<std::string>());
  EXPECT_TRUE(file.whole);
  ASSERT_EQ(file.queries.size(), 2U);
  const CustomQueryDesc& first = file.queries[0];
  EXPECT_EQ(first.name, "pg_replication");
  EXPECT_EQ(first.place, "queries.yml:2");
  EXPECT_EQ(first.sql, "SELECT lag FROM x");
  EXPECT_EQ(first.ttl, 30);
  EXPECT_EQ(first.timeout, 0);
  EXPECT_EQ(first.databases, CustomQueryDesc::Databases::once);
  EXPECT_EQ(first.server, CustomQueryDesc::Server::any);
  EXPECT_TRUE(first.versions.admits(100000));
  EXPECT_FALSE(first.versions.admits(90624));
  ASSERT_EQ(first.columns.size(), 3U);
  EXPECT_EQ(first.columns[0].name, "lag");
  EXPECT_EQ(first.columns[0].usage, Usage::gauge);
  EXPECT_EQ(first.columns[0].help, "Lag behind the primary");
  EXPECT_EQ(first.columns[1].usage, Usage::label);
  EXPECT_EQ(first.columns[1].help, "Column slot of the user's query pg_replication.");
  EXPECT_EQ(first.columns[2].usage, Usage::discard);
  const CustomQueryDesc& second = file.queries[1];
  EXPECT_EQ(second.sql, "SELECT 1 AS a,\n       2 AS b");
  EXPECT_EQ(second.databases, CustomQueryDesc::Databases::follow);
  ASSERT_EQ(second.columns.size(), 4U);
  EXPECT_EQ(second.columns[0].usage, Usage::counter);
  EXPECT_EQ(second.columns[1].usage, Usage::histogram);
  EXPECT_EQ(second.columns[2].usage, Usage::mapped);
  EXPECT_EQ(second.columns[2].mapping, (std::vector<std::pair<std::string, double>>{{"up", 1}, {"down", 0.5}}));
  EXPECT_EQ(second.columns[3].usage, Usage::duration);
}

TEST(CustomQueryFile, TheNewerKeys) {
  const auto file = read(R"(
pg_pipelines:
  query: SELECT count(*) AS active FROM pipelines
  ttl: 1m30s
  timeout: 500ms
  versions: ">=14 <17"
  scope: database
  on: primary
  predicate: "SELECT to_regclass('pipelines') IS NOT NULL;"
  labels: {team: billing, tier: 1}
  metrics: {active: gauge, state: label}
)");
  EXPECT_EQ(file.errors, std::vector<std::string>());
  EXPECT_EQ(file.warnings, std::vector<std::string>());
  ASSERT_EQ(file.queries.size(), 1U);
  const CustomQueryDesc& query = file.queries[0];
  EXPECT_EQ(query.ttl, 90);
  EXPECT_EQ(query.timeout, 0.5);
  EXPECT_TRUE(query.versions.admits(160004));
  EXPECT_FALSE(query.versions.admits(170000));
  EXPECT_EQ(query.databases, CustomQueryDesc::Databases::each);
  EXPECT_EQ(query.server, CustomQueryDesc::Server::primary);
  EXPECT_EQ(query.predicate, "SELECT to_regclass('pipelines') IS NOT NULL");
  EXPECT_EQ(query.labels, (std::vector<std::pair<std::string, std::string>>{{"team", "billing"}, {"tier", "1"}}));
  ASSERT_EQ(query.columns.size(), 2U);
  EXPECT_EQ(query.columns[0].usage, Usage::gauge);
  EXPECT_EQ(query.columns[1].usage, Usage::label);
}

TEST(CustomQueryFile, AnErrorCostsItsQueryOnly) {
  const auto file = read("a:\n  query: SELECT 1\nb:\n  query: [1]\nc:\n  query: SELECT 3\n");
  ASSERT_EQ(file.queries.size(), 2U);
  EXPECT_EQ(file.queries[0].name, "a");
  EXPECT_EQ(file.queries[1].name, "c");
  EXPECT_TRUE(file.whole);
  EXPECT_EQ(file.errors, std::vector<std::string>{"/etc/queries.yml:4:10: query is no text; put it in quotes, or "
                                                  "behind | on lines of its own"});
}

TEST(CustomQueryFile, ErrorsSayWhereAndHowToMend) {
  const auto of = [](std::string_view rest) { return complaints("q:\n  query: SELECT 1\n" + std::string(rest)); };
  EXPECT_EQ(complaints("pg-x: {query: SELECT 1}"),
            "/etc/queries.yml:1:1: 'pg-x' cannot begin a metric's name; use letters, digits and _ only");
  EXPECT_EQ(complaints("q: SELECT 1"),
            "/etc/queries.yml:1:4: q is no mapping; write its query: and metrics: below it, indented");
  EXPECT_EQ(complaints("q: {metrics: []}"), "/etc/queries.yml:1:1: q has no statement; write it behind query:");
  EXPECT_EQ(complaints("q: {query: \"a\\0b\"}"), "/etc/queries.yml:1:12: query holds a zero byte; remove it");
  EXPECT_EQ(of("  ttl: soon\n"),
            "/etc/queries.yml:3:8: ttl is no time of up to 7 days; write it like 30s, 5m or 1h30m");
  EXPECT_EQ(of("  cache_seconds: -1\n"),
            "/etc/queries.yml:3:18: cache_seconds is no time of up to 7 days; write it like 30s, 5m or 1h30m");
  EXPECT_EQ(of("  versions: new\n"),
            "/etc/queries.yml:3:13: versions is no range of versions; write it like \">=14 <17\"");
  EXPECT_EQ(of("  scope: cluster\n"), "/etc/queries.yml:3:10: scope is one of: server, database (every database)");
  EXPECT_EQ(of("  on: replica\n"), "/etc/queries.yml:3:7: on is one of: primary, standby, any");
  EXPECT_EQ(of("  master: maybe\n"), "/etc/queries.yml:3:11: master is true or false");
  EXPECT_EQ(of("  ttl: 5s\n  cache_seconds: 5\n"),
            "/etc/queries.yml:4:18: ttl and cache_seconds say the same; leave one");
  EXPECT_EQ(of("  versions: 14\n  runonserver: 14.0.0\n"),
            "/etc/queries.yml:4:16: versions and runonserver say the same; leave one");
  EXPECT_EQ(of("  labels: [a]\n"), "/etc/queries.yml:3:11: labels are no mapping; write them like {team: billing}");
  EXPECT_EQ(of("  labels: {a-b: c}\n"),
            "/etc/queries.yml:3:12: 'a-b' is no name of a label; use letters, digits and _");
  EXPECT_EQ(of("  metrics: x\n"),
            "/etc/queries.yml:3:12: metrics is no list; write a line \"- COLUMN: {usage: GAUGE}\" for each column");
  EXPECT_EQ(of("  metrics: [x]\n"),
            "/etc/queries.yml:3:13: no column with its usage; write \"- COLUMN: {usage: GAUGE}\"");
  EXPECT_EQ(of("  metrics:\n    - relname:\n      usage: LABEL\n"),
            "/etc/queries.yml:5:7: this belongs below 'relname'; indent it by two more spaces");
  EXPECT_EQ(of("  metrics:\n    - x: {usage: HISTOGRAM}\n    - le: {usage: LABEL}\n"),
            "/etc/queries.yml:2:3: a histogram has a label le of its own; give the other one another name");
  EXPECT_EQ(
      of("  metrics:\n    - __name__: {usage: LABEL}\n"),
      "/etc/queries.yml:4:7: labels that begin with __ are Prometheus' own; give the column another name with AS");
  EXPECT_EQ(of("  metrics:\n    - x: {usage: MAPPEDMETRIC, metric_mapping: {a: b}}\n"),
            "/etc/queries.yml:4:52: metric_mapping gives each text a number; write it like {up: 1, down: 0}");
}

TEST(CustomQueryFile, WarningsCostAtMostAColumn) {
  const auto of = [](std::string_view rest) { return complaints("q:\n  query: SELECT 1\n" + std::string(rest)); };
  EXPECT_EQ(
      of("  metrics:\n    - n: {usage: GUAGE}\n"),
      "warning /etc/queries.yml:4:18: 'GUAGE' is no usage, the column 'n' is left out; write LABEL, COUNTER, GAUGE, "
      "HISTOGRAM, DURATION, MAPPEDMETRIC or DISCARD");
  EXPECT_EQ(of("  metrics:\n    - n: {description: x}\n"),
            "warning /etc/queries.yml:4:7: the column 'n' has no usage and is left out; write LABEL, COUNTER, GAUGE, "
            "HISTOGRAM, DURATION, MAPPEDMETRIC or DISCARD");
  EXPECT_EQ(of("  fatal: true\n"),
            "warning /etc/queries.yml:3:3: the key 'fatal' has no meaning here; keys are query, metrics, labels, ttl, "
            "timeout, versions, scope, on, predicate, cache_seconds, master, runonserver");
  EXPECT_EQ(of("  metrics:\n    - n: {usage: GAUGE, scale: 2}\n"),
            "warning /etc/queries.yml:4:25: the key 'scale' has no meaning here; keys are usage, description, "
            "metric_mapping");
  EXPECT_EQ(complaints("a: {query: SELECT 1}\na: {query: SELECT 2}\n"),
            "warning /etc/queries.yml:2:1: the key 'a' stands in line 1 already, this one counts; remove one");
}

TEST(CustomQueryFile, AFileThatIsOfNoUse) {
  for (const std::string_view text : {"- a\n", "a", "a: [\n", "a: b: c\n"}) {
    const auto file = read(text);
    EXPECT_FALSE(file.whole) << text;
    EXPECT_EQ(file.errors.size(), 1U) << text;
    EXPECT_TRUE(file.queries.empty()) << text;
  }
  EXPECT_TRUE(read("").whole);
  EXPECT_EQ(complaints("- a\n"),
            "/etc/queries.yml:1:1: no queries; begin with a name and a colon, and below it, "
            "indented, query:");
}

}  // namespace
