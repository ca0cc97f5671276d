// crun's layout below a systemd scope, as Podman 4.3 with crun 1.8 makes it on cgroup version 2.
#include "collectors/container/payload_group.h"

#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

const std::string kScope = "machine.slice/libpod-" + ContainerMachine::kId + ".scope";
const std::string kPayload = kScope + "/container";

class PayloadGroup : public testing::Test {
 protected:
  PayloadGroup() {
    machine_.file("root/var/lib/containers/storage/overlay-containers/containers.json",
                  R"([{"id":")" + ContainerMachine::kId +
                      R"(","names":["till"],"metadata":"{\"image-name\":\"localhost/small:1\",\"name\":\"till\"}"}])");
    group(kScope, {{"cgroup.procs", ""},
                   {"cpu.max", "max 100000\n"},
                   {"cpu.weight", "100\n"},
                   {"cpu.stat",
                    "usage_usec 5000000\nuser_usec 4000000\nsystem_usec 1000000\nnr_periods 0\n"
                    "nr_throttled 0\nthrottled_usec 0\n"},
                   {"memory.max", "max\n"},
                   {"memory.swap.max", "max\n"},
                   {"memory.low", "0\n"},
                   {"memory.current", "3000000\n"},
                   {"memory.events", "low 0\nhigh 0\nmax 7\noom 0\noom_kill 0\n"},
                   {"memory.stat", "anon 1000\nfile 2000\ninactive_file 500\npgfault 70\npgmajfault 1\n"}});
    group(kPayload, {{"cgroup.procs", "5\n"},
                     {"cpu.max", "20000 100000\n"},
                     {"cpu.weight", "50\n"},
                     {"cpu.stat",
                      "usage_usec 5000000\nuser_usec 4000000\nsystem_usec 1000000\nnr_periods 64\n"
                      "nr_throttled 61\nthrottled_usec 2500000\n"},
                     {"memory.max", "50331648\n"},
                     {"memory.swap.max", "50331648\n"},
                     {"memory.low", "1048576\n"},
                     {"memory.current", "2990080\n"},
                     {"memory.events", "low 0\nhigh 0\nmax 7\noom 0\noom_kill 0\n"},
                     {"memory.stat", "anon 1000\nfile 2000\ninactive_file 500\npgfault 70\npgmajfault 1\n"}});
  }
  void group(const std::string& path, const std::vector<std::pair<std::string, std::string>>& files) {
    for (const auto& [name, text] : files) {
      machine_.group_file(path + "/" + name, text);
    }
  }
  // A line of the container's row.
  static std::string line(const std::string& metric, const std::string& value, const std::string& labels = "") {
    return metric + "{id=\"/" + kScope + "\",name=\"till\",image=\"localhost/small:1\"" + labels + "} " + value;
  }
  ContainerMachine machine_{Cgroups::v2};
};

TEST_F(PayloadGroup, OneRowHasTheNameAndTheLimits) {
  const std::string page = machine_.page("container.spec");
  EXPECT_TRUE(has_line(page, line("container_spec_memory_limit_bytes", "50331648"))) << page;
  EXPECT_TRUE(has_line(page, line("container_spec_memory_swap_limit_bytes", "50331648")));
  EXPECT_TRUE(has_line(page, line("container_spec_memory_reservation_limit_bytes", "1048576")));
  EXPECT_TRUE(has_line(page, line("container_spec_cpu_quota", "20000")));
  EXPECT_TRUE(has_line(page, line("container_spec_cpu_period", "100000")));
  EXPECT_TRUE(has_line(page, line("container_spec_cpu_shares", "1286")));
  EXPECT_EQ(page.find(kPayload), std::string::npos);
}

TEST_F(PayloadGroup, ThrottlingIsCountedWhereTheQuotaIs) {
  const std::string page = machine_.page("container.cpu");
  EXPECT_TRUE(has_line(page, line("container_cpu_usage_seconds_total", "5", ",cpu=\"total\""))) << page;
  EXPECT_TRUE(has_line(page, line("container_cpu_cfs_periods_total", "64")));
  EXPECT_TRUE(has_line(page, line("container_cpu_cfs_throttled_periods_total", "61")));
  EXPECT_TRUE(has_line(page, line("container_cpu_cfs_throttled_seconds_total", "2.5")));
  EXPECT_EQ(page.find(kPayload), std::string::npos);
}

TEST_F(PayloadGroup, UsageAndFaultsAreThoseOfTheGroupWithTheLimit) {
  const std::string page = machine_.page("container.memory");
  EXPECT_TRUE(has_line(page, line("container_memory_usage_bytes", "2990080"))) << page;
  EXPECT_TRUE(has_line(page, line("container_memory_failcnt", "7")));
  EXPECT_TRUE(
      has_line(page, line("container_memory_failures_total", "70", ",failure_type=\"pgfault\",scope=\"container\"")));
  EXPECT_EQ(page.find(kPayload), std::string::npos);
}

TEST_F(PayloadGroup, AScopeThatGetsItLaterHasItsNumbersAtTheNextScrape) {
  machine_.remove("sys/fs/cgroup/" + kPayload);
  EXPECT_TRUE(has_line(machine_.page("container.spec"), line("container_spec_memory_limit_bytes", "0")));
  group(kPayload, {{"memory.events", "max 0\n"}, {"memory.max", "4096\n"}});
  EXPECT_TRUE(has_line(machine_.page("container.spec"), line("container_spec_memory_limit_bytes", "4096")));
  machine_.remove("sys/fs/cgroup/" + kPayload);
  EXPECT_TRUE(has_line(machine_.page("container.spec"), line("container_spec_memory_limit_bytes", "0")));
}

// What runs in the container may make groups below its own one.
TEST_F(PayloadGroup, GroupsBelowItKeepTheirRows) {
  machine_.group_file(kPayload + "/init.scope/memory.max", "max\n");
  const std::string page = machine_.page("container.spec");
  EXPECT_TRUE(has_line(page, line("container_spec_memory_limit_bytes", "50331648"))) << page;
  EXPECT_TRUE(has_line(page, "container_spec_memory_limit_bytes{id=\"/" + kPayload + "/init.scope\"} 0"));
}

TEST_F(PayloadGroup, WithAnotherGroupBesideItTheScopeSpeaksForItself) {
  for (const auto* other : {"/a", "/container-2", "/z"}) {
    machine_.group_file(kScope + other + "/memory.max", "max\n");
    EXPECT_TRUE(has_line(machine_.page("container.spec"), line("container_spec_memory_limit_bytes", "0"))) << other;
    machine_.remove("sys/fs/cgroup/" + kScope + other);
    EXPECT_TRUE(has_line(machine_.page("container.spec"), line("container_spec_memory_limit_bytes", "50331648")));
  }
  machine_.group_file(kScope + "-2/memory.max", "max\n");  // a neighbour
  EXPECT_TRUE(has_line(machine_.page("container.spec"), line("container_spec_memory_limit_bytes", "50331648")));
}

// Without the memory controller the group may have been made from within, with processes left in the scope.
TEST_F(PayloadGroup, NobodyHidesInTheScope) {
  machine_.remove("sys/fs/cgroup/" + kPayload + "/memory.events");
  const std::string page = machine_.page("container.memory");
  EXPECT_TRUE(has_line(page, line("container_memory_usage_bytes", "3000000"))) << page;
  EXPECT_TRUE(has_line(page, "container_memory_usage_bytes{id=\"/" + kPayload + "\"} 2990080"));
}

TEST_F(PayloadGroup, OfOthersIsAGroupLikeAnyOther) {
  const std::pair<std::string, std::string> cases[] = {
      {"system.slice/web.service", ""},
      {"machine.slice/machine-web.scope", ",name=\"web\""},
      {"machine.slice/libpod-conmon-" + ContainerMachine::kId + ".scope", ""},
      {"libpod_parent/libpod-" + std::string(64, 'd'), ""},
  };
  for (const auto& [scope, name] : cases) {
    machine_.group_file(scope + "/memory.max", "max\n");
    machine_.group_file(scope + "/container/memory.max", "4096\n");
    const std::string page = machine_.page("container.spec");
    EXPECT_TRUE(has_line(page, "container_spec_memory_limit_bytes{id=\"/" + scope + "\"" + name + "} 0")) << scope;
    EXPECT_TRUE(has_line(page, "container_spec_memory_limit_bytes{id=\"/" + scope + "/container\"} 4096")) << scope;
  }
}

TEST(PayloadGroupOf, DockerAndContainerdWithCrunToo) {
  for (const auto* unit : {"docker-", "cri-containerd-", "crio-", "nerdctl-"}) {
    ContainerMachine machine(Cgroups::v2);
    const std::string scope = std::string("system.slice/") + unit + ContainerMachine::kId + ".scope";
    machine.group_file(scope + "/memory.max", "max\n");
    machine.group_file(scope + "/container/memory.max", "4096\n");
    EXPECT_TRUE(
        has_line(machine.page("container.spec"), "container_spec_memory_limit_bytes{id=\"/" + scope + "\"} 4096"))
        << unit;
  }
}

}  // namespace
