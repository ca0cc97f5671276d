#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;

namespace {

const std::string kScope = "system.slice/docker-" + ContainerMachine::kId + ".scope";

std::string seen(const std::string& page) {
  std::string result;
  constexpr std::string_view kName = "container_last_seen{";
  for (auto at = page.find(kName); at != std::string::npos; at = page.find(kName, at + 1)) {
    result += page.substr(at + kName.size(), page.find('}', at) - at - kName.size()) + "\n";
  }
  return result;
}

TEST(ContainerLifecycle, ANameThatComesLateIsShownAtTheNextScrape) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file(kScope + "/cgroup.procs", "1\n");
  const std::string id = "id=\"/" + kScope + "\"";
  EXPECT_EQ(seen(machine.page("container.lifecycle")), "id=\"/\"\nid=\"/system.slice\"\n" + id + "\n");
  machine.docker(ContainerMachine::kId, "web", R"(,"Config":{"Image":"i"})");
  EXPECT_NE(seen(machine.page("container.lifecycle")).find(id + ",name=\"web\",image=\"i\"\n"), std::string::npos);
  machine.docker(ContainerMachine::kId, "renamed");
  EXPECT_NE(seen(machine.page("container.lifecycle")).find(id + ",name=\"renamed\"\n"), std::string::npos);
  machine.file("root/var/lib/docker/containers/" + ContainerMachine::kId + "/config.v2.json", "{cut");
  EXPECT_NE(seen(machine.page("container.lifecycle")).find(id + "\n"), std::string::npos);
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
  machine.remove("sys/fs/cgroup/" + kScope);
  EXPECT_EQ(seen(machine.page("container.lifecycle")), "id=\"/\"\nid=\"/system.slice\"\n");
}

TEST(ContainerLifecycle, LabelsAreCleanedAndEmptyOnesLeftOut) {
  ContainerMachine machine(Cgroups::hybrid);
  machine.group_file("memory/docker/" + ContainerMachine::kId + "/memory.stat", "");
  machine.docker(ContainerMachine::kId, "w",
                 R"(,"Config":{"Labels":{"a.b":"1","a-b":"2","empty":"","q":"x\"y\nz","9":"nine"}},"RestartCount":3)");
  EXPECT_NE(
      machine.page("container.lifecycle")
          .find("\",name=\"w\",container_label_9=\"nine\",container_label_a_b=\"2\",container_label_q=\"x\\\"y\\nz\","
                "container_label_restartcount=\"3\"}"),
      std::string::npos);
}

TEST(ContainerLifecycle, LabelsCanBeLimitedToAList) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file(kScope + "/cgroup.procs", "");
  machine.docker(ContainerMachine::kId, "w", R"(,"Config":{"Labels":{"team":"a","other":"b","app.kind":"c"}})");
  machine.flag("store_container_labels=false");
  machine.flag("whitelisted_container_labels=app.kind , team");
  EXPECT_NE(seen(machine.page("container.lifecycle"))
                .find(",name=\"w\",container_label_app_kind=\"c\",container_label_team=\"a\"\n"),
            std::string::npos);
}

TEST(ContainerLifecycle, DockerOnlyAndPrefixesChooseGroups) {
  const auto shown = [](const std::vector<std::string>& flags) {
    ContainerMachine machine(Cgroups::v2);
    machine.group_file("docker/" + ContainerMachine::kId + "/cgroup.procs", "");
    machine.group_file("user.slice/a/cgroup.procs", "");
    machine.group_file("init.scope/cgroup.procs", "");
    for (const auto& flag : flags) {
      machine.flag(flag);
    }
    return seen(machine.page("container.lifecycle"));
  };
  const std::string container = "id=\"/docker/" + ContainerMachine::kId + "\"\n";
  EXPECT_EQ(shown({}), "id=\"/\"\nid=\"/docker\"\n" + container +
                           "id=\"/init.scope\"\nid=\"/user.slice\"\nid=\"/user.slice/a\"\n");
  EXPECT_EQ(shown({"docker_only=true"}), "id=\"/\"\n" + container);
  EXPECT_EQ(shown({"raw_cgroup_prefix_whitelist=/user.slice"}),
            "id=\"/\"\n" + container + "id=\"/user.slice\"\nid=\"/user.slice/a\"\n");
  EXPECT_EQ(shown({"docker_only=true", "raw_cgroup_prefix_whitelist=/init"}),
            "id=\"/\"\n" + container + "id=\"/init.scope\"\n");
}

TEST(ContainerLifecycle, AGroupIsAsOldAsItsOldestProcessUntilItIsMadeAnew) {
  ContainerMachine machine(Cgroups::v1);
  const auto stat = [&](int pid, int ticks) {
    machine.file(
        "proc/" + std::to_string(pid) + "/stat",
        std::to_string(pid) + " (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " + std::to_string(ticks) + " 0 0 0 0\n");
  };
  machine.file("proc/stat", "btime 1000000\n");
  machine.group_file("pids/a/cgroup.procs", "");
  const auto start = [&] {
    const std::string page = machine.page("container.lifecycle");
    const std::string name = "container_start_time_seconds{id=\"/a\"} ";
    const auto at = page.find(name) + name.size();
    return page.substr(at, page.find('\n', at) - at);
  };
  EXPECT_GT(std::stoll(start()), 1700000000);  // the directory's
  machine.group_file("pids/a/cgroup.procs", "6\n5\n");
  stat(5, 5000);
  stat(6, 6000);
  EXPECT_EQ(start(), "1000050");
  machine.group_file("pids/a/cgroup.procs", "6\n");
  EXPECT_EQ(start(), "1000050");  // one ended: the group is the same
  std::filesystem::rename(machine.path() / "sys/fs/cgroup/pids/a", machine.path() / "old");
  machine.group_file("pids/a/cgroup.procs", "7\n");
  stat(7, 7000);
  EXPECT_EQ(start(), "1000070");
}

TEST(ContainerLifecycle, AContainerWithItsProcessesBelowIsAsOldAsThey) {
  ContainerMachine machine(Cgroups::v2);
  machine.file("proc/stat", "btime 1000000\n");
  machine.group_file(kScope + "/cgroup.procs", "");
  machine.group_file(kScope + "/container/cgroup.procs", "5\n");
  machine.file("proc/5/stat", "5 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 3000 0 0 0 0\n");
  EXPECT_NE(machine.page("container.lifecycle").find("container_start_time_seconds{id=\"/" + kScope + "\"} 1000030\n"),
            std::string::npos);
}

TEST(ContainerLifecycle, AMachineWithoutControlGroupsHasNoRows) {
  ContainerMachine machine(Cgroups::v2);
  machine.file("proc/1/mountinfo", "");
  EXPECT_EQ(machine.page("container.lifecycle"), "");
}

}  // namespace
