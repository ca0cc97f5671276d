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

TEST(ContainerLifecycle, AMachineWithoutControlGroupsHasNoRows) {
  ContainerMachine machine(Cgroups::v2);
  machine.file("proc/1/mountinfo", "");
  EXPECT_EQ(machine.page("container.lifecycle"), "");
}

}  // namespace
