#include <gtest/gtest.h>

#include "exporter/migrate.h"
#include "tests/support/host_folder.h"
#include "tests/support/migrate_run.h"

namespace exporter::migrate {
namespace {

using namespace std::string_literals;
using tests::found_in;
using Words = std::vector<std::string>;

Found found_in_all(const std::vector<std::pair<std::string, std::string>>& texts) {
  Found found;
  for (const auto& [name, text] : texts) {
    find_in_text(name, text, found);
  }
  join_texts(found);
  return found;
}

std::string value(const Program& program, std::string_view name) {
  for (const auto& variable : program.variables) {
    if (variable.name == name) {
      return variable.value;
    }
  }
  return "(not set)";
}

TEST(MigrateProcesses, AreFoundWithServiceContainerAndEnvironment) {
  const tests::HostFolder host;
  host.start_process(812, "prometheus-node");
  host.write("proc/812/cmdline", "/usr/bin/prometheus-node-exporter\0--collector.systemd\0--collector.x=\0"s);
  host.write("proc/812/environ", "PATH=/bin\0LANG=C\0"s);
  host.write("proc/812/cgroup", "0::/system.slice/prometheus-node-exporter.service\n");
  host.link("proc/self/ns/net", "net:[1]");
  host.link("proc/812/ns/net", "net:[1]");
  host.start_process(901, "postgres_expor");
  host.write("proc/901/cmdline", "postgres_exporter\0"s);
  host.write("proc/901/environ", "DATA_SOURCE_NAME=host=h user=u password=x y\0HOME=/root\0broken"s);
  host.write("proc/901/cgroup", "0::/docker/" + std::string(64, 'a') + "\n");
  host.link("proc/901/ns/net", "net:[2]");
  host.link("proc/901/cwd", "/srv/exporter");
  host.start_process(902, "redis_exporter");
  host.write("proc/902/cmdline", "redis_exporter"s);  // cut; and no environment that can be read
  host.write("proc/902/cgroup", "0::/user.slice/user-1.slice/user@1.service/app.slice/redis.service\n");
  host.start_process(903, "bash");
  host.write("proc/903/cmdline", "bash\0-c\0node_exporter\0"s);
  host.start_process(904, "node_exporter");
  host.write("proc/904/cmdline", "");
  Found found;
  find_processes(host.host(), found);
  ASSERT_EQ(found.programs.size(), 3U);
  const Program& node = found.programs[0];
  EXPECT_EQ(node.original, Original::node);
  EXPECT_EQ(node.where, "pid 812");
  EXPECT_EQ(node.unit, "prometheus-node-exporter.service");
  EXPECT_EQ(node.words, (Words{"--collector.systemd", "--collector.x="}));
  EXPECT_TRUE(node.variables.empty() && node.environment_known && !node.own_network && node.container.empty());
  const Program& postgres = found.programs[1];
  EXPECT_EQ(postgres.container, "docker aaaaaaaaaaaa");
  EXPECT_EQ(postgres.unit, "");
  EXPECT_EQ(postgres.folder, "/srv/exporter");
  EXPECT_EQ(value(postgres, "DATA_SOURCE_NAME"), "host=h user=u password=x y");
  EXPECT_TRUE(postgres.own_network);
  const Program& redis = found.programs[2];
  EXPECT_EQ(redis.unit, "redis.service");
  EXPECT_TRUE(redis.of_user);
  EXPECT_FALSE(redis.environment_known);

  const std::string text = report(make_plan(std::move(found.programs)), found.troubles);
  for (const char* const line :
       {"#   systemctl disable --now prometheus-node-exporter.service\n", "#   docker stop aaaaaaaaaaaa ",
        "#   docker start aaaaaaaaaaaa\n", "#   systemctl enable --now --user redis.service\n", "run this as root",
        "# redis_exporter, pid 902, redis.service:\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

// Names are other people's: they end no comment and are no commands of a shell.
TEST(MigrateProcesses, NamesAreQuoted) {
  Program program;
  program.where = "pid 7";
  program.unit = "a;reboot\nARGS=x.service";
  program.folder = "/tmp/a\nb";
  program.words = {"--web.config.file=web.yml"};
  const std::string text = report(make_plan({program}), {});
  EXPECT_NE(text.find("#   systemctl disable --now 'a;reboot?ARGS=x.service'\n"), std::string::npos) << text;
  EXPECT_EQ(tests::read_options_file(text).words.size(), 3U);
  EXPECT_NE(text.find("set it by hand"), std::string::npos);
}

TEST(MigrateTexts, FilesOfEtcDefault) {
  const auto found =
      found_in_all({{"/etc/default/prometheus-node-exporter",
                     "# Set the command-line arguments\n"
                     "ARGS=\"--collector.diskstats.ignored-devices=^(ram|nvme\\\\\\\\d+n)\\\\\\\\d+$ \\\n"
                     "  --no-collector.wifi\"\n#  --collector.ntp=no\n"},
                    {"/etc/default/prometheus-postgres-exporter",
                     "DATA_SOURCE_NAME='user=prometheus host=/run/postgresql dbname=postgres'\nARGS=\"\"\n"},
                    {"/etc/default/nothing", "# none\nLANG=C\n"}});
  ASSERT_EQ(found.programs.size(), 2U);
  EXPECT_EQ(found.programs[0].original, Original::node);
  EXPECT_EQ(found.programs[0].words,
            (Words{"--collector.diskstats.ignored-devices=^(ram|nvme\\d+n)\\d+$", "--no-collector.wifi"}));
  EXPECT_EQ(found.programs[1].original, Original::postgres);
  EXPECT_EQ(value(found.programs[1], "DATA_SOURCE_NAME"), "user=prometheus host=/run/postgresql dbname=postgres");
  ASSERT_EQ(found.troubles.size(), 1U);
  EXPECT_EQ(found.troubles[0].find("/etc/default/nothing: whose options"), 0U);
}

TEST(MigrateTexts, AUnitAndItsEnvironmentFileAreOneProgram) {
  const std::string unit =
      "[Unit]\nDescription=redis_exporter for Prometheus\n[Service]\nEnvironmentFile=-/etc/default/redis\n"
      "Environment=\"REDIS_ADDR=redis://h:1\" GOGC=50\nExecStart=-/opt/redis_exporter-1.50 \\\n  -namespace=a$$b "
      "$ARGS\n";
  auto found =
      found_in_all({{"redis_exporter.service", unit}, {"/etc/default/redis", "ARGS=\"-debug\"\nREDIS_PASSWORD=x\n"}});
  ASSERT_EQ(found.programs.size(), 1U);
  EXPECT_EQ(found.programs[0].unit, "redis_exporter.service");
  EXPECT_EQ(found.programs[0].words, (Words{"-namespace=a$b", "-debug"}));
  EXPECT_EQ(value(found.programs[0], "REDIS_ADDR"), "redis://h:1");
  EXPECT_EQ(value(found.programs[0], "REDIS_PASSWORD"), "x");
  EXPECT_TRUE(found.troubles.empty());
  found = found_in("redis_exporter.service", unit);
  EXPECT_EQ(found.programs.at(0).words, Words{"-namespace=a$b"});
  ASSERT_EQ(found.troubles.size(), 1U);
  EXPECT_NE(found.troubles[0].find("EnvironmentFile="), std::string::npos);
}

TEST(MigrateTexts, CommandLinesOfShellsListsAndRuntimes) {
  const auto found =
      found_in("-",
               "root   812  0.0  0.1 123 456 ?  Ssl  10:00  0:01 /usr/bin/node_exporter --collector.ntp\n"
               "export DATA_SOURCE_PASS='a b'; \n"
               "sudo -E DATA_SOURCE_URI=h/d /opt/postgres_exporter --log.level=warn # as root\n"
               "docker run -d --restart always --name redis_exporter -p 127.0.0.1:9122:9121/tcp --net mon \\\n"
               "  -e REDIS_ADDR=redis://r:6379 -eX=1 oliver006/redis_exporter:v1.50 -debug\n"
               "podman run --rm --volume=/:/rootfs:ro --publish=8081:8080 gcr.io/cadvisor/cadvisor -docker_only\n");
  ASSERT_EQ(found.programs.size(), 4U);
  EXPECT_EQ(found.programs[0].words, Words{"--collector.ntp"});
  EXPECT_EQ(found.programs[1].words, Words{"--log.level=warn"});
  EXPECT_EQ(value(found.programs[1], "DATA_SOURCE_URI"), "h/d");
  EXPECT_EQ(found.programs[2].original, Original::redis);
  EXPECT_EQ(found.programs[2].words, Words{"-debug"});
  EXPECT_EQ(found.programs[2].published, Words{"127.0.0.1:9122"});
  EXPECT_EQ(value(found.programs[2], "REDIS_ADDR"), "redis://r:6379");
  EXPECT_EQ(found.programs[2].where, "-, line 4");
  EXPECT_EQ(found.programs[3].original, Original::cadvisor);
  EXPECT_EQ(found.programs[3].published, Words{":8081"});
}

TEST(MigrateTexts, ListsOfOptionsAlone) {
  for (const char* const text :
       {"extraArgs:\n  - --collector.systemd\n  - '--collector.netdev.device-include=^(a,b)$'\n",
        "args: [\"--collector.systemd\", \"--collector.netdev.device-include=^(a,b)$\"]\n",
        "\"--collector.systemd\",\n\"--collector.netdev.device-include=^(a,b)$\"\n"}) {
    const auto found = found_in("values.yaml", text);
    ASSERT_EQ(found.programs.size(), 1U) << text;
    EXPECT_EQ(found.programs[0].original, Original::node);
    EXPECT_EQ(found.programs[0].words, (Words{"--collector.systemd", "--collector.netdev.device-include=^(a,b)$"}))
        << text;
  }
}

TEST(MigrateTexts, ComposeAndKubernetes) {
  const auto found = found_in("compose.yml",
                              "services:\n"
                              "  node:\n    image: prom/node-exporter:v1.8\n    network_mode: host\n"
                              "    command:\n      - '--path.rootfs=/host'\n"
                              "      - '--collector.filesystem.mount-points-exclude=^/(sys|proc)($$|/)'\n"
                              "  redis:\n    image: oliver006/redis_exporter\n    ports: ['9122:9121']\n"
                              "    environment: [REDIS_ADDR=redis://cache:6379, REDIS_PASSWORD=s3cr]\n"
                              "    command: -debug --namespace 'r x'\n"
                              "  web: {image: nginx, command: [x]}\n"
                              "---\n"
                              "spec:\n  containers:\n    - image: quay.io/prometheuscommunity/postgres-exporter:v0.15\n"
                              "      args: [--collector.stat_statements, '--web.listen-address=[$(IP)]:9188']\n"
                              "      env:\n        - {name: DATA_SOURCE_URI, value: db/app}\n"
                              "        - {name: IP, value: 0.0.0.0}\n"
                              "        - {name: DATA_SOURCE_PASS, valueFrom: {secretKeyRef: {name: a, key: b}}}\n");
  ASSERT_EQ(found.programs.size(), 3U);
  EXPECT_EQ(found.programs[0].words,
            (Words{"--path.rootfs=/host", "--collector.filesystem.mount-points-exclude=^/(sys|proc)($|/)"}));
  EXPECT_EQ(found.programs[1].words, (Words{"-debug", "--namespace", "r x"}));
  EXPECT_EQ(value(found.programs[1], "REDIS_PASSWORD"), "s3cr");
  EXPECT_EQ(found.programs[1].published, Words{":9122"});
  EXPECT_EQ(found.programs[2].where, "compose.yml, line 17");
  EXPECT_EQ(value(found.programs[2], "DATA_SOURCE_URI"), "db/app");
  ASSERT_EQ(found.troubles.size(), 1U);
  EXPECT_NE(found.troubles[0].find("valueFrom"), std::string::npos);

  const auto file = tests::read_options_file(options_file(make_plan(found.programs), false));
  EXPECT_FALSE(file.has("--path.rootfs=/host")) << "the service runs on the machine";
  EXPECT_TRUE(file.has("--namespace=r x"));
  EXPECT_TRUE(file.has("--web.listen-address=redis=:9122"));
  EXPECT_TRUE(file.has("--web.listen-address=postgres=0.0.0.0:9188"));
}

TEST(MigrateTexts, BadInputIsToldOfAndBounded) {
  const std::string noise = "\x7f\x45LF\x02\x01\0\0\xff\xfe\0\n"s;
  EXPECT_TRUE(found_in("-", noise + noise).programs.empty());
  EXPECT_TRUE(found_in("-", "").programs.empty());
  const auto open = found_in(
      "-",
      "node_exporter --x='\nARGS=\"--collector.ntp\nExecStart=/bin/node_exporter \"\nnode_exporter --collector.ntp");
  EXPECT_EQ(open.programs.size(), 1U);
  EXPECT_EQ(open.troubles.size(), 2U) << "the first is no line of anything";
  const auto endless =
      found_in("-", "node_exporter --x=" + std::string(1 << 20, 'a') + "\nnode_exporter --collector.ntp\n");
  EXPECT_EQ(endless.programs.size(), 1U);
  ASSERT_EQ(endless.troubles.size(), 1U);
  EXPECT_EQ(endless.troubles[0], "-, line 1: is longer than 64 KiB and was not looked at");
  EXPECT_EQ(found_in("-", std::string(5 << 20, '\n')).troubles.size(), 1U);
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many +=
        "node_exporter --log.level='\nnode_exporter --web.listen-address=:" + std::to_string(9000 + i) + "\nARGS='\n";
  }
  const auto bounded = found_in("-", many);
  EXPECT_EQ(bounded.programs.size(), kMostPrograms);
  EXPECT_EQ(bounded.troubles.size(), 100U);
  EXPECT_EQ(found_in("x.yml", "image: redis_exporter\n\tbad: [").programs.size(), 0U);
}

// Any cut of a text is read without harm, and what is printed of it can be read back.
TEST(MigrateTexts, CutAnywhere) {
  const std::string text =
      "ExecStart=/usr/bin/prometheus-node-exporter --collector.diskstats.device-exclude=\"^(a|b\\\\d)$\" $ARGS\n"
      "DATA_SOURCE_NAME='postgres://u:p@h/d' postgres_exporter \\\n --log.level=warn\n"
      "docker run -e REDIS_ADDR=redis://:x@h redis_exporter -debug\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    auto found = found_in("-", text.substr(0, size));
    tests::read_options_file(report(make_plan(std::move(found.programs)), found.troubles));
  }
}

}  // namespace
}  // namespace exporter::migrate
