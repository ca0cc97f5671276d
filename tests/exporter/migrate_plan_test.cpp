#include <gtest/gtest.h>

#include <algorithm>

#include "exporter/migrate.h"
#include "exporter/migrate_tables.h"
#include "exporter/option_table.h"
#include "tests/support/migrate_run.h"

namespace exporter::migrate {
namespace {

using tests::OptionsFile;
using tests::plan_of;
using tests::read_options_file;
using Words = std::vector<std::string>;

OptionsFile settings(const Plan& plan) { return read_options_file(options_file(plan, true)); }
OptionsFile settings(std::string_view text) { return settings(plan_of("-", text)); }

bool told(const std::vector<Remark>& remarks, std::size_t program, std::string_view option, std::string_view text) {
  return std::any_of(remarks.begin(), remarks.end(), [&](const Remark& remark) {
    return remark.program == program && remark.option == option && remark.text.find(text) != std::string::npos;
  });
}

TEST(MigratePlan, FourExportersBecomeOneCommandLine) {
  const Plan plan =
      plan_of("-",
              "/usr/bin/prometheus-node-exporter --collector.systemd --collector.netdev.device-blacklist='^veth'\n"
              "cadvisor -port=8081 -docker_only=true -housekeeping_interval 10s -logtostderr\n"
              "DATA_SOURCE_NAME=postgres://u:s3cr@db/app postgres_exporter --auto-discover-databases\n"
              "REDIS_ADDR=redis://cache:6379 redis_exporter -web.listen-address 127.0.0.1:9121 -debug\n");
  const auto file = settings(plan);
  EXPECT_EQ(file.words, (Words{"--web.listen-address=node=:9100", "--web.listen-address=container=:8081",
                               "--web.listen-address=postgres=:9187", "--web.listen-address=redis=127.0.0.1:9121",
                               "--collector.systemd", "--collector.netdev.device-exclude=^veth", "--docker_only",
                               "--auto-discover-databases", "--log.level=debug", "--redis.addr=redis://cache:6379"}));
  EXPECT_EQ(file.variables.size(), 1U);
  EXPECT_EQ(file.value("DATA_SOURCE_NAME"), "postgres://u:s3cr@db/app");
  EXPECT_TRUE(plan.to_do.empty()) << plan.to_do[0].option << plan.to_do[0].text;
  EXPECT_TRUE(told(plan.left_out, 1, "housekeeping_interval", "every scrape reads"));
}

TEST(MigratePlan, WhoHasNoExporterIsNotLookedFor) {
  EXPECT_EQ(settings("node_exporter").words,
            (Words{"--web.listen-address=node=:9100", "--redis.addr=", "--no-postgres.discover"}));
  EXPECT_EQ(settings("redis_exporter").words, (Words{"--web.listen-address=redis=:9121",
                                                     "--redis.addr=redis://localhost:6379", "--no-postgres.discover"}));
  // Without a server of its own, for /probe alone.
  EXPECT_EQ(settings("DATA_SOURCE_NAME='' postgres_exporter --config.file=/etc/p.yml").words,
            (Words{"--web.listen-address=postgres=:9187", "--config.file=/etc/p.yml", "--no-auto-discover-databases",
                   "--no-postgres.discover", "--redis.addr="}));
}

TEST(MigratePlan, SecretsStandInVariablesAndNeverOnTheReport) {
  const Plan plan =
      plan_of("-",
              "redis_exporter --redis.password=s3cr1 --redis.addr=redis://u:s3cr2@h:1\n"
              "PGPASSWORD=s3cr3 DATA_SOURCE_URI=h:5432/d DATA_SOURCE_USER=u DATA_SOURCE_PASS=s3cr4 postgres_exporter\n"
              "node_exporter --collector.supervisord.url=http://a:s3cr5@h/RPC2 --bogus=s3cr6 --other s3cr7 s3cr8 "
              "--web.config.fil=s3cr9\n"
              "cadvisor -storage_driver_password=s3crA -docker_only=s3crB -http_auth_file=s3crC\n"
              "PGBOUNCER_X=s3crE pgbouncer_exporter --pgBouncer.connectionString='host=h password=s3crF'\n");
  const auto file = settings(plan);
  EXPECT_EQ(file.value("REDIS_PASSWORD"), "s3cr1");
  EXPECT_EQ(file.value("REDIS_ADDR"), "redis://u:s3cr2@h:1");
  EXPECT_EQ(file.value("PGPASSWORD"), "s3cr3");
  EXPECT_EQ(file.value("DATA_SOURCE_PASS"), "s3cr4");
  for (const auto& word : file.words) {
    EXPECT_EQ(word.find("s3cr"), std::string::npos) << "every user may read it: " << word;
  }
  const std::string text = report(plan, {});
  EXPECT_EQ(text.find("s3cr"), std::string::npos) << text;
  EXPECT_NE(text.find("REDIS_PASSWORD=\"PASSWORD\"\n"), std::string::npos) << text;
  EXPECT_NE(text.find("REDIS_ADDR=\"redis://u:PASSWORD@h:1\"\n"), std::string::npos) << text;
}

TEST(MigratePlan, TheReportIsAnOptionsFileAsItIs) {
  const Plan plan =
      plan_of("-", "node_exporter --collector.diskstats.ignored-devices='^(nvme\\d+n\\d+p)\\d+$' --bogus");
  const auto file = read_options_file(report(plan, {"some trouble"}));
  EXPECT_EQ(file.words, settings(plan).words);
  EXPECT_TRUE(file.has("--collector.diskstats.device-exclude=^(nvme\\d+n\\d+p)\\d+$"));
}

TEST(MigratePlan, DefaultsOfNodeAreSwitchedOffAloneBesideOthers) {
  const std::string bare = "node_exporter --collector.disable-defaults --collector.loadavg --collector.systemd\n";
  EXPECT_TRUE(settings(bare).has("--collector.disable-defaults"));
  const auto file = settings(bare + "redis_exporter\n");
  EXPECT_FALSE(file.has("--collector.disable-defaults"));
  EXPECT_TRUE(file.has("--no-module.node"));
  EXPECT_FALSE(file.has("--no-collector.loadavg"));
  EXPECT_FALSE(file.has("--no-collector.redis.info"));
  const auto line = tests::parse_options_file(file);
  std::string on;
  for (const auto* const spec : line.enabled) {
    on += spec->module == Module::node ? std::string(spec->name) + " " : "";
  }
  EXPECT_EQ(on, "loadavg systemd ");
  EXPECT_TRUE(std::any_of(line.enabled.begin(), line.enabled.end(),
                          [](const CollectorSpec* spec) { return spec->name == "redis.info"; }));
}

TEST(MigratePlan, TwoOfAKindShareWhatTheyAgreeOn) {
  const Plan plan =
      plan_of("-",
              "node_exporter --collector.systemd --log.level=warn\n"
              "node_exporter --web.listen-address=:9101 --collector.systemd --no-collector.arp --log.level=error\n");
  EXPECT_EQ(plan.listen, (Words{"node=:9100", "node=:9101"}));
  EXPECT_EQ(plan.arguments, (Words{"--collector.systemd", "--log.level=warn", "--no-collector.arp",
                                   "--redis.addr=", "--no-postgres.discover"}));
  EXPECT_TRUE(told(plan.to_do, 1, "log.level", "is set otherwise by node_exporter, -, line 1"));
}

TEST(MigratePlan, TwoServersShareAPage) {
  const Plan plan =
      plan_of("-",
              "redis_exporter --redis.addr=a:6379\nredis_exporter --redis.addr=b:6379 --web.listen-address=:9122\n"
              "DATA_SOURCE_NAME=host=a postgres_exporter\nDATA_SOURCE_NAME=host=b postgres_exporter\n"
              "pgbouncer_exporter --pgBouncer.connectionString='host=c dbname=pgbouncer'\n");
  EXPECT_EQ(plan.listen, (Words{"redis=:9121", "postgres=:9187"}));
  EXPECT_TRUE(settings(plan).has("--redis.addr=a:6379") && settings(plan).has("--redis.addr=b:6379"));
  EXPECT_EQ(settings(plan).value("DATA_SOURCE_NAME"), "host=a,host=b,host=c dbname=pgbouncer");
  EXPECT_TRUE(told(plan.to_do, 1, "", "shares a page with -, line 1"));
  EXPECT_TRUE(told(plan.to_do, 3, "", "shares a page with -, line 3"));
  EXPECT_TRUE(told(plan.to_do, 4, "", "shares a page with -, line 3"));
}

TEST(MigratePlan, OnePathAndOneWebFileForAll) {
  EXPECT_TRUE(settings("node_exporter --web.telemetry-path=/m").has("--web.telemetry-path=/m"));
  const Plan plan = plan_of("-",
                            "node_exporter --web.telemetry-path=/m --web.config.file=/etc/w.yml\nredis_exporter "
                            "--web.telemetry-path=/metrics\n");
  EXPECT_FALSE(settings(plan).has("--web.telemetry-path=/m"));
  EXPECT_TRUE(settings(plan).has("--web.config.file=/etc/w.yml"));
  EXPECT_TRUE(told(plan.to_do, 0, "web.telemetry-path", "metrics_path: /metrics"));
  EXPECT_TRUE(told(plan.to_do, 1, "", "had no --web.config.file"));
}

TEST(MigratePlan, AddressesThatAreNoneHereAreTold) {
  const Plan plan =
      plan_of("-",
              "node_exporter --web.listen-address=vsock://:9100 --web.listen-address=[::1]:9105\nredis_exporter "
              "--web.listen-address=[::1]:9105");
  EXPECT_EQ(plan.listen, (Words{"node=[::1]:9105"}));
  EXPECT_TRUE(told(plan.to_do, 0, "web.listen-address", "not HOST:PORT"));
  EXPECT_TRUE(told(plan.to_do, 1, "web.listen-address", "choose the port"));
}

TEST(MigratePlan, ALoginByTheSocketIsToldOf) {
  for (const char* const dsn : {"user=prometheus host=/run/postgresql dbname=postgres",
                                "postgresql:///postgres?host=/var/run/postgresql&user=prometheus"}) {
    const Plan plan = plan_of("-", "DATA_SOURCE_NAME='" + std::string(dsn) + "' postgres_exporter");
    EXPECT_TRUE(told(plan.to_do, 0, "DATA_SOURCE_NAME", "resource_exporter acl postgres")) << dsn;
  }
  EXPECT_TRUE(plan_of("-", "DATA_SOURCE_NAME='host=h user=u password=x' postgres_exporter").to_do.empty());
}

TEST(MigratePlan, OldNamesAreKeptForOldReleases) {
  for (const char* const text : {"prometheus-postgres-exporter", "postgres_exporter --no-collector.bgwriter"}) {
    EXPECT_TRUE(settings(text).has("--postgres.legacy-names")) << text;
  }
  EXPECT_FALSE(settings("postgres_exporter --collector.stat_bgwriter").has("--postgres.legacy-names"));
}

TEST(MigratePlan, WhatCannotBeReadIsToldOfTheProcess) {
  Program program;
  program.original = Original::postgres;
  program.where = "pid 7";
  program.environment_known = false;
  const Plan plan = make_plan({program});
  EXPECT_TRUE(told(plan.to_do, 0, "", "run this as root"));
  EXPECT_FALSE(settings(plan).has("--no-postgres.discover")) << "it may have a DSN";
}

TEST(MigratePlan, BadWordsAreBounded) {
  Program program;
  program.where = "pid 7";
  program.words = {"--collector.textfile.directory=/a\nb",
                   "--web.max-requests=many",
                   "--collector.arp.device-include=(",
                   std::string(1 << 20, '-'),
                   "--\xff\xfe=1",
                   "-",
                   "--log.level",
                   "warn",
                   "@/etc/args",
                   "--path.procfs=\xff",
                   "--collector.netdev.device-include=a",
                   "--collector.netdev.device-include=b",
                   "--runtime.gomaxprocs"};
  const Plan plan = make_plan({program});
  EXPECT_TRUE(settings(plan).has("--log.level=warn"));
  EXPECT_TRUE(settings(plan).has("--collector.netdev.device-include=b"));
  EXPECT_TRUE(told(plan.to_do, 0, "collector.textfile.directory", "line breaks"));
  EXPECT_TRUE(told(plan.to_do, 0, "web.max-requests", "expected is NUMBER"));
  EXPECT_TRUE(told(plan.to_do, 0, "collector.arp.device-include", "expected is REGEX"));
  EXPECT_TRUE(told(plan.to_do, 0, "", "word 4 is longer than 16 KiB"));
  EXPECT_TRUE(told(plan.to_do, 0, "", "word 5 is no option that can be read"));
  EXPECT_TRUE(told(plan.to_do, 0, "", "word 6 is no option"));
  EXPECT_TRUE(told(plan.to_do, 0, "", "word 9 names a file of options"));
  EXPECT_TRUE(told(plan.to_do, 0, "path.procfs", "no text"));
  EXPECT_TRUE(told(plan.to_do, 0, "collector.netdev.device-include", "is given twice"));
  EXPECT_TRUE(told(plan.to_do, 0, "runtime.gomaxprocs", "has no value"));
  EXPECT_LT(report(plan, {}).size(), 8000U);
  program.words.assign(100'000, "--bogus");
  EXPECT_LT(report(make_plan({program}), {}).size(), 40'000U);
}

TEST(MigrateTables, NameOurOptionsAndNoOthers) {
  const OptionTable table;
  for (const auto original :
       {Original::node, Original::cadvisor, Original::postgres, Original::redis, Original::pgbouncer}) {
    for (const auto& rule : rules_of(original)) {
      auto to = rule.to.substr(0, rule.to.find('='));
      to.remove_prefix(to.starts_with("no-") ? 3 : 0);
      const bool ours = std::any_of(table.rows().begin(), table.rows().end(),
                                    [to](const auto& row) { return row->desc.name == to && !row->desc.hidden; });
      EXPECT_EQ(ours, rule.fate == Fate::renamed) << rule.flag;
      EXPECT_EQ(rule.to.empty(), rule.fate != Fate::renamed && rule.fate != Fate::none && rule.fate != Fate::implied)
          << rule.flag;
    }
  }
}

TEST(MigrateTables, KnowProgramsAndImages) {
  EXPECT_EQ(original_of("/usr/bin/prometheus-node-exporter"), Original::node);
  EXPECT_EQ(original_of("./node_exporter-1.8.2"), Original::node);
  EXPECT_EQ(original_of("quay.io/prometheus/node-exporter:v1.8.2"), Original::node);
  EXPECT_EQ(original_of("localhost:5000/prometheuscommunity/postgres-exporter@sha256:0123"), Original::postgres);
  EXPECT_EQ(original_of("gcr.io/cadvisor/cadvisor:v0.49.1"), Original::cadvisor);
  EXPECT_EQ(original_of("oliver006/redis_exporter"), Original::redis);
  EXPECT_EQ(original_of("pgbouncer_exporter"), Original::pgbouncer);
  for (const char* const other :
       {"", "resource_exporter", "node_exporter_wrapper", "redis-server", "node", "exporter", "mysqld_exporter"}) {
    EXPECT_FALSE(original_of(other)) << other;
  }
}

}  // namespace
}  // namespace exporter::migrate
