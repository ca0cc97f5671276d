#include "exporter/check_report.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "exporter/paragraph.h"

namespace exporter {
namespace {

constexpr MetricDesc kMetrics[] = {{MetricType::gauge, "node_thing", "A thing.", {"name"}}};
constexpr CollectorSpec spec(std::string_view name, Module module) {
  return {.name = name,
          .summary = "",
          .module = module,
          .on_by_default = true,
          .pace = Pace::inline_fast,
          .metrics = kMetrics,
          .options = {},
          .make = MakeCollector{nullptr}};
}
constexpr CollectorSpec kFirst = spec("first", Module::node);
constexpr CollectorSpec kSecond = spec("second", Module::node);
constexpr CollectorSpec kThird = spec("third", Module::node);
constexpr CollectorSpec kAsked = spec("redis.asked", Module::redis);
constexpr const CollectorSpec* kAll[] = {&kFirst, &kSecond, &kThird, &kAsked};

bool has(const CheckReport& report, std::string_view text) { return report.text.find(text) != std::string::npos; }

TEST(CheckReport, IsATableInTheOrderOfTheList) {
  Sink sink(kMetrics);
  sink.add(kMetrics[0], 1, {"a"});
  sink.add(kMetrics[0], 2, {"b"});
  const Sink none(kMetrics);
  Results results;
  results.collectors = {{.spec = &kSecond, .server = 0, .sink = &none, .outcome = Outcome::no_data, .seconds = 0.0004},
                        {.spec = &kFirst, .server = 0, .sink = &sink, .outcome = Outcome::ok, .seconds = 0.0123}};
  const CollectorSpec* const enabled[] = {&kFirst, &kSecond};
  const auto report = check_report(results, kAll, enabled, {});
  EXPECT_TRUE(report.well);
  EXPECT_EQ(report.text,
            "node                                                       samples         ms\n"
            "  first                                     ok                   2      12.30\n"
            "  second                                    no data              0       0.40\n"
            "  off: third\n"
            "\n"
            "container\n"
            "\n"
            "postgres\n"
            "\n"
            "redis\n"
            "  off: redis.asked\n"
            "\n"
            "merge\n"
            "\n"
            "2 collectors: all well\n");
}

TEST(CheckReport, SaysWhatIsToBeMendedAndHow) {
  Sink denied(kMetrics);
  denied.problem(Problem::denied, "proc/slabinfo", EACCES);
  Sink told(kMetrics);
  told.problem(Problem::denied, "overlay: needs CAP_SYS_ADMIN", EPERM);
  told.remark("a line of any length: mend it");
  Sink absent(kMetrics);
  absent.problem(Problem::missing, "proc/nothing", ENOENT);
  Results results;
  results.collectors = {{.spec = &kFirst, .server = 0, .sink = &denied, .outcome = Outcome::failed, .seconds = 0},
                        {.spec = &kSecond, .server = 0, .sink = &told, .outcome = Outcome::ok, .seconds = 0},
                        {.spec = &kThird, .server = 0, .sink = &absent, .outcome = Outcome::no_data, .seconds = 0}};
  const CollectorSpec* const enabled[] = {&kFirst, &kSecond, &kThird};
  const auto report = check_report(results, kAll, enabled, {"--old: leave it out"});
  EXPECT_FALSE(report.well);
  EXPECT_TRUE(has(report,
                  "\nTo be mended\n"
                  "  first: denied: proc/slabinfo: Permission denied; needs root or\n"
                  "    CAP_DAC_READ_SEARCH, unless a security module forbids it\n"
                  "  second: a line of any length: mend it\n"
                  "  second: denied: overlay: needs CAP_SYS_ADMIN: Operation not permitted\n"
                  "  --old: leave it out\n"
                  "  `resource_exporter acl systemd` prints a drop-in with the capabilities that\n"
                  "    the service lacks\n"
                  "\n"
                  "3 collectors, 1 failed\n"))
      << report.text;
  // What is left out is no failure.
  results.collectors[0].outcome = Outcome::ok;
  const auto partly = check_report(results, kAll, enabled, {});
  EXPECT_TRUE(partly.well);
  EXPECT_TRUE(has(partly, "3 collectors: nothing failed\n")) << partly.text;
}

TEST(CheckReport, TheRemedyIsWhatTheCollectorDeclares) {
  CollectorSpec declared = spec("perf", Module::node);
  declared.rights = {.capabilities = "CAP_PERFMON"};
  Sink sink(kMetrics);
  sink.problem(Problem::io, "events", EPERM);
  Results results;
  results.collectors = {{.spec = &declared, .server = 0, .sink = &sink, .outcome = Outcome::failed, .seconds = 0}};
  const CollectorSpec* const enabled[] = {&declared};
  const auto report = check_report(results, enabled, enabled, {});
  EXPECT_TRUE(has(report, "  perf: denied: events: Operation not permitted; needs root or CAP_PERFMON\n"))
      << report.text;
}

TEST(CheckReport, ShowsServers) {
  const Sink none(kMetrics);
  Sink self(kMetrics);
  self.remark("the rules forbid it");
  Results results;
  results.servers = {
      {.module = Module::redis,
       .address = "a:1",
       .sink = &self,
       .outcome = Outcome::ok,
       .reason = {},
       .found = "Redis 7"},
      {.module = Module::redis,
       .address = "b:1",
       .sink = &none,
       .outcome = Outcome::failed,
       .reason = "b:1: refused\x1b[2J"},
      {.module = Module::redis, .address = "c:1", .sink = nullptr},
  };
  for (std::size_t server = 1; server <= 3; ++server) {
    results.collectors.push_back({.spec = &kAsked,
                                  .server = server,
                                  .sink = server == 3 ? nullptr : &none,
                                  .outcome = Outcome::ok,
                                  .seconds = 0});
  }
  results.unnamed = {"s:26379: refused"};
  const CollectorSpec* const enabled[] = {&kAsked};
  const auto report = check_report(results, kAll, enabled, {});
  EXPECT_FALSE(report.well);
  EXPECT_TRUE(has(report,
                  "  a:1: up, Redis 7\n  redis.asked                               ok                   0       0.00\n"
                  "  b:1: down\n  c:1: down\n"))
      << report.text;
  EXPECT_TRUE(has(report,
                  "  redis, a:1: the rules forbid it\n  redis, b:1: b:1: refused [2J\n"
                  "  redis, c:1: no answer before the deadline\n"
                  "  servers that others should name are not known: s:26379: refused\n"
                  "\n1 collector; 3 servers, 2 down; others are not known\n"))
      << report.text;
}

TEST(CheckReport, WhatMayNotBeReadIsAFailure) {
  Sink denied(kMetrics);
  denied.problem(Problem::denied, "CONFIG GET");
  Results results;
  results.servers = {{.module = Module::redis,
                      .address = "a:1",
                      .sink = &denied,
                      .outcome = Outcome::ok,
                      .reason = {},
                      .found = "Redis 7"},
                     {.module = Module::postgres,
                      .address = "b:1",
                      .sink = &denied,
                      .outcome = Outcome::failed,
                      .reason = "FATAL: role \"x\" does not exist"}};
  results.collectors = {{.spec = &kAsked, .server = 1, .sink = &denied, .outcome = Outcome::no_data, .seconds = 0}};
  const CollectorSpec* const enabled[] = {&kAsked};
  const auto report = check_report(results, kAll, enabled, {});
  EXPECT_FALSE(report.well);
  EXPECT_TRUE(has(report, "  redis.asked                               denied ")) << report.text;
  EXPECT_TRUE(has(report, "does not exist; `resource_exporter acl\n    postgres` prints")) << report.text;
  EXPECT_TRUE(has(report, "\n1 collector, 1 failed; 2 servers, 1 down\n")) << report.text;
}

// Nobody asked for a server that was only looked for.
TEST(CheckReport, AServerThatIsNotThereIsWell) {
  const Sink none(kMetrics);
  Results results;
  results.servers = {
      {.module = Module::redis, .address = "localhost:6379", .sink = &none, .outcome = Outcome::no_data}};
  results.collectors = {{.spec = &kAsked, .server = 1, .sink = &none, .outcome = Outcome::no_data, .seconds = 0}};
  const CollectorSpec* const enabled[] = {&kAsked};
  const auto report = check_report(results, kAll, enabled, {});
  EXPECT_TRUE(report.well);
  EXPECT_TRUE(has(report, "  localhost:6379: no such server here, and nobody named it\n  on: redis.asked\n"))
      << report.text;
  EXPECT_TRUE(has(check_report({}, kAll, enabled, {}), "  no server is named\n  on: redis.asked\n"));
}

TEST(CheckReport, LateIsAFailure) {
  Results results;
  results.collectors = {{.spec = &kFirst, .server = 0, .sink = nullptr}};
  const CollectorSpec* const enabled[] = {&kFirst};
  const auto report = check_report(results, kAll, enabled, {});
  EXPECT_FALSE(report.well);
  EXPECT_TRUE(has(report, "  first                                     late\n")) << report.text;
  EXPECT_TRUE(has(report, "  first: not done before the deadline\n")) << report.text;
}

TEST(Paragraph, BreaksBetweenWords) {
  std::string out = "--name ";
  append_paragraph(out, "one  two\nthree \x1b " + std::string(70, 'x') + " y", 4);
  EXPECT_EQ(out, "--name one two three\n    " + std::string(70, 'x') + " y\n");
  out.clear();
  append_paragraph(out, "a " + std::string(70, 'x') + "|" + std::string(10, 'z') + " y", 2);
  EXPECT_EQ(out, "a\n  " + std::string(70, 'x') + "|\n  " + std::string(10, 'z') + " y\n");
  out.clear();
  append_paragraph(out, std::string(100, 'x') + " y", 2);
  EXPECT_EQ(out, std::string(80, 'x') + "\n  " + std::string(20, 'x') + " y\n");
  std::string empty;
  append_paragraph(empty, "", 2);
  EXPECT_EQ(empty, "\n");
}

}  // namespace
}  // namespace exporter
