#include "exporter/subcommands.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/command_run.h"

namespace exporter {
namespace {

tests::Said run(const std::vector<std::string>& words) { return tests::say(words); }

TEST(Subcommands, OptionsAloneServe) {
  EXPECT_FALSE(run({}).status);
  EXPECT_FALSE(run({"--log.level=warn", "check"}).status);
  EXPECT_FALSE(run({"@file"}).status);
}

TEST(Subcommands, RefuseWhatIsWrongInOneLine) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"bogus"}, "unknown command 'bogus'"},
      {{"acl"}, "acl: expected postgres, redis or systemd, as in: resource_exporter acl redis"},
      {{"acl", "node"}, "acl: expected postgres, redis or systemd"},
      {{"acl", "redis", "--bogus"}, "--bogus"},
      {{"acl", "redis", "--check-keys=a=b=c"}, "more than one ="},
      {{"check", "more"}, "more"},
      {{"check", "--collector.disable-defaults", "--collector.redis.info", "--redis.addr=http://h"}, "redis.addr"},
      {{"check", "--path.procfs=/nonexistent"}, "/nonexistent"},
      {{"healthcheck", "--web.systemd-socket"}, "only systemd knows the address"},
      {{"healthcheck", "--web.listen-address=unix:x"}, "web.listen-address=unix:x"},
      {{"scrape", "nothing"}, "scrape: expected node, container, postgres, redis or merge, not 'nothing'"},
  };
  for (const auto& [words, expected] : cases) {
    const auto said = run(words);
    EXPECT_EQ(said.status, 2) << expected;
    EXPECT_EQ(said.out, "");
    EXPECT_NE(said.err.find(expected), std::string::npos) << said.err;
    EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
  }
}

TEST(Subcommands, AclPrintsStatementsAndRemarksApart) {
  const auto said =
      run({"acl", "redis", "--collector.disable-defaults", "--collector.redis.info", "--count-keys=user:*"});
  EXPECT_EQ(said.status, 0);
  EXPECT_EQ(
      said.out,
      "ACL SETUSER resource_exporter on '>PASSWORD' resetkeys resetchannels -@all '+client|setname' +info +scan\n");
  EXPECT_EQ(said.err, "# put a password of your own in the place of PASSWORD\n");
}

TEST(Subcommands, AclPrintsTheRightsOfTheService) {
  const auto none = run({"acl", "systemd", "--collector.disable-defaults", "--collector.loadavg"});
  EXPECT_EQ(none.status, 0);
  EXPECT_EQ(none.out,
            "# Rights for the collectors that are on, by: resource_exporter acl systemd\n"
            "[Service]\n");
  const auto some = run({"acl", "systemd", "--collector.disable-defaults", "--collector.nvme_smart", "--collector.perf",
                         "--collector.container.state", "--collector.container.perf_event", "--collector.redis.info"});
  EXPECT_EQ(some.status, 0);
  EXPECT_EQ(some.out,
            "# Rights for the collectors that are on, by: resource_exporter acl systemd\n"
            "#   CAP_DAC_READ_SEARCH: nvme_smart, container.state\n"
            "#   CAP_PERFMON: perf\n"
            "#   CAP_SYS_ADMIN: nvme_smart\n"
            "#   CAP_SYS_PTRACE: redis in containers\n"
            "[Service]\n"
            "CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_PERFMON CAP_SYS_ADMIN CAP_SYS_PTRACE\n"
            "AmbientCapabilities=CAP_DAC_READ_SEARCH CAP_PERFMON CAP_SYS_ADMIN CAP_SYS_PTRACE\n"
            "SystemCallFilter=perf_event_open\n"
            "DeviceAllow=char-nvme r\n");
  EXPECT_EQ(some.err,
            "# into /etc/systemd/system/resource_exporter.service.d/rights.conf, then:\n"
            "# systemctl daemon-reload && systemctl restart resource_exporter\n");
  const auto named =
      run({"acl", "systemd", "--collector.disable-defaults", "--collector.redis.info", "--redis.addr=cache:6379"});
  EXPECT_EQ(named.out.find("CAP_"), std::string::npos) << named.out;
}

TEST(Subcommands, CheckAndScrapeCollectOnce) {
  const auto checked = run({"check", "--collector.disable-defaults", "--collector.loadavg"});
  EXPECT_EQ(checked.status, 0);
  EXPECT_EQ(checked.err, "");
  EXPECT_TRUE(checked.out.find("  loadavg                                   ok                   3") !=
              std::string::npos)
      << checked.out;
  EXPECT_TRUE(checked.out.ends_with("\n1 collector: all well\n")) << checked.out;
  const auto page = run({"scrape", "node", "--collector.disable-defaults", "--collector.loadavg"});
  EXPECT_EQ(page.status, 0);
  EXPECT_EQ(page.err, "");
  EXPECT_NE(page.out.find("\nnode_load1 "), std::string::npos) << page.out;
  const auto other = run({"scrape", "redis", "--collector.disable-defaults", "--collector.loadavg"});
  EXPECT_EQ(other.status, 0);
  EXPECT_EQ(other.out.find("\nnode_load1 "), std::string::npos) << other.out;
}

TEST(Subcommands, CheckFailsForAServerThatIsDown) {
  const auto said =
      run({"check", "--collector.disable-defaults", "--collector.redis.info", "--redis.addr=127.0.0.1:1"});
  EXPECT_EQ(said.status, 1);
  EXPECT_NE(said.out.find("  127.0.0.1:1: down\n"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find("To be mended\n  redis, 127.0.0.1:1: "), std::string::npos) << said.out;
  EXPECT_TRUE(said.out.ends_with("\n0 collectors; 1 server, 1 down\n")) << said.out;
}

}  // namespace
}  // namespace exporter
