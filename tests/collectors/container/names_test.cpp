// Who containers are, as the page shows it: every room's rows carry these labels.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/container_machine.h"
#include "tests/support/exposition.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

const std::string kUid = "0a1b2c3d-1111-2222-3333-444455556666";
const std::string kPod =
    "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_1111_2222_3333_444455556666.slice";
const std::string kScope = kPod + "/cri-containerd-" + ContainerMachine::kId + ".scope";
const std::string kLink = "root/var/log/containers/web-0_shop_nginx-" + ContainerMachine::kId + ".log";
const std::string kDocker = "docker/" + ContainerMachine::kId;

// The labels of the last_seen row of a group, without the id.
std::string labels(const std::string& page, const std::string& path,
                   const std::string& family = "container_last_seen") {
  const std::string begin = family + "{id=\"/" + path + "\"";
  const auto at = page.find(begin);
  return at == std::string::npos ? "(no row)" : page.substr(at + begin.size(), page.find("} ", at) - at - begin.size());
}

std::string look(ContainerMachine& machine, const std::string& path) {
  return labels(machine.page("container.lifecycle"), path);
}

std::string bundle() {
  return R"({"annotations":{"io.kubernetes.cri.container-name":"nginx","io.kubernetes.cri.container-type":"container",)"
         R"("io.kubernetes.cri.image-name":"nginx:1","io.kubernetes.cri.sandbox-name":"web-0",)"
         R"("io.kubernetes.cri.sandbox-namespace":"shop"}})";
}

TEST(ContainerNames, KubernetesLabelsStandOnContainerAndPod) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("store_container_labels=false");
  machine.group_file(kScope + "/cgroup.procs", "");
  machine.file("root/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + ContainerMachine::kId + "/config.json",
               bundle());
  EXPECT_EQ(look(machine, kScope), ",name=\"" + ContainerMachine::kId +
                                       "\",image=\"nginx:1\",namespace=\"shop\",pod=\"web-0\",container=\"nginx\"");
  EXPECT_EQ(look(machine, kPod), ",namespace=\"shop\",pod=\"web-0\"");
}

TEST(ContainerNames, ALinkWillDoUntilABetterSourceIsThere) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("store_container_labels=false");
  machine.group_file(kScope + "/cgroup.procs", "");
  EXPECT_EQ(look(machine, kScope), "");
  machine.file(kLink, "");
  EXPECT_EQ(look(machine, kScope),
            ",name=\"" + ContainerMachine::kId + "\",namespace=\"shop\",pod=\"web-0\",container=\"nginx\"");
  machine.file("root/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + ContainerMachine::kId + "/config.json",
               bundle());
  std::string now;
  for (int i = 0; i < 6 && now.find("image") == std::string::npos; ++i) {
    now = look(machine, kScope);
  }
  EXPECT_NE(now.find(",image=\"nginx:1\""), std::string::npos);
}

TEST(ContainerNames, ABrokenFileLeavesTheNameThatALinkTells) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("store_container_labels=false");
  machine.group_file(kScope + "/cgroup.procs", "");
  machine.file("root/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + ContainerMachine::kId + "/config.json",
               bundle().substr(0, 50));
  EXPECT_EQ(look(machine, kScope), "");
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
  machine.file(kLink, "");
  EXPECT_NE(look(machine, kScope).find("pod=\"web-0\",container=\"nginx\""), std::string::npos);
  machine.file("root/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + ContainerMachine::kId + "/config.json",
               bundle());
  std::string now;
  for (int i = 0; i < 6 && now.find("image") == std::string::npos; ++i) {
    now = look(machine, kScope);
  }
  EXPECT_NE(now.find(",image=\"nginx:1\""), std::string::npos);
}

TEST(ContainerNames, ANameIsFoundHoweverLateItComes) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file(kDocker + "/cgroup.procs", "");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(look(machine, kDocker), "");
  }
  machine.docker(ContainerMachine::kId, "late");
  std::string now;
  int scrapes = 0;
  while (now.empty() && ++scrapes < 100) {
    now = look(machine, kDocker);
  }
  EXPECT_EQ(now, ",name=\"late\"");
  EXPECT_LE(scrapes, 16);
}

TEST(ContainerNames, EnvironmentIsShownByPrefix) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("env_metadata_whitelist=TEAM, APP_");
  machine.group_file(kDocker + "/cgroup.procs", "");
  machine.docker(ContainerMachine::kId, "w", R"(,"Config":{"Env":["TEAM=a","APP_X.Y=b=c","SECRET=no","APP_E="]})");
  EXPECT_EQ(look(machine, kDocker), ",name=\"w\",container_env_team=\"a\",container_env_app_x_y=\"b=c\"");
}

TEST(ContainerNames, WhatTheBundleToldStaysWhenTheDatabaseCanBeRead) {
  const std::string id(64, 'a');  // as in the database
  const std::string scope = kPod + "/cri-containerd-" + id + ".scope";
  ContainerMachine machine(Cgroups::v2);
  machine.flag("env_metadata_whitelist=TEAM");
  machine.flag("container.label-include=^app$");
  machine.group_file(scope + "/cgroup.procs", "");
  machine.file("root/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + id + "/config.json",
               R"({"process":{"env":["TEAM=a"]},"annotations":{"io.kubernetes.cri.image-name":"nginx:1"}})");
  EXPECT_EQ(look(machine, scope), ",name=\"" + id + "\",image=\"nginx:1\",container_env_TEAM=\"a\"");
  machine.file("root/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db",
               tests::read_text(std::filesystem::path(FIXTURES) / "platform/bolt/meta.db"));
  std::string now;
  for (int i = 0; i < 6 && now.find("container_label_app") == std::string::npos; ++i) {
    now = look(machine, scope);
  }
  EXPECT_NE(now.find(R"(image="nginx:1")"), std::string::npos) << now;
  EXPECT_NE(now.find(R"(container_label_app="web",container_env_TEAM="a")"), std::string::npos) << now;
}

TEST(ContainerNames, LabelsCanStandOnOneFamilyOnly) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("container.labels=info");
  machine.group_file(kDocker + "/cgroup.procs", "");
  machine.group_file(R"(system.slice/a\x2db.service/cgroup.procs)", "");
  machine.docker(ContainerMachine::kId, "w", R"(,"Config":{"Image":"i","Labels":{"team":"a"}})");
  const std::string page = machine.page("container.lifecycle");
  EXPECT_EQ(labels(page, kDocker), ",name=\"w\",image=\"i\"");
  EXPECT_EQ(labels(page, kDocker, "container_info"),
            ",name=\"w\",image=\"i\",runtime=\"docker\",container_label_team=\"a\"");
  EXPECT_NE(page.find(R"(container_info{id="/system.slice/a\\x2db.service",unit="a-b.service"} 1)"), std::string::npos);
}

TEST(ContainerNames, NoLabelsAtAll) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("container.labels=none");
  machine.group_file(kDocker + "/cgroup.procs", "");
  machine.docker(ContainerMachine::kId, "w", R"(,"Config":{"Labels":{"team":"a"}})");
  const std::string page = machine.page("container.lifecycle");
  EXPECT_EQ(labels(page, kDocker), ",name=\"w\"");
  EXPECT_EQ(page.find("container_info"), std::string::npos);
}

TEST(ContainerNames, PatternsChooseContainersAndLabels) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("container.include=^web|^/system");
  machine.flag("container.exclude=ssh");
  machine.flag("container.label-include=^app");
  machine.flag("container.label-exclude=secret");
  const std::string other(64, 'd');
  machine.group_file(kDocker + "/cgroup.procs", "");
  machine.group_file("docker/" + other + "/cgroup.procs", "");
  machine.group_file("system.slice/ssh.service/cgroup.procs", "");
  machine.docker(ContainerMachine::kId, "web", R"(,"Config":{"Labels":{"app.a":"1","app.secret":"2","b":"3"}})");
  machine.docker(other, "db");
  const std::string page = machine.page("container.lifecycle");
  EXPECT_EQ(labels(page, kDocker), ",name=\"web\",container_label_app_a=\"1\"");
  EXPECT_EQ(labels(page, "docker/" + other), "(no row)");
  EXPECT_EQ(labels(page, "docker"), "(no row)");
  EXPECT_EQ(labels(page, "system.slice"), "");
  EXPECT_EQ(labels(page, "system.slice/ssh.service"), "(no row)");
  EXPECT_EQ(labels(page, ""), "");
}

TEST(ContainerNames, LimitsOfLabelsAreCountedAndCostNothingElse) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("container.max-labels=3");
  machine.group_file(kDocker + "/cgroup.procs", "");
  std::string many;
  for (int i = 0; i < 10000; ++i) {
    many += (i == 0 ? "\"" : ",\"") + std::string("l") + std::to_string(10000 + i) + "\":\"v\"";
  }
  machine.docker(ContainerMachine::kId, "w", ",\"Config\":{\"Labels\":{" + many + "}}");
  EXPECT_EQ(look(machine, kDocker),
            ",name=\"w\",container_label_l10000=\"v\",container_label_l10001=\"v\",container_label_l10002=\"v\"");
  EXPECT_EQ(machine.problems(Problem::limit), 1U);
  machine.docker(ContainerMachine::kId, "w",
                 ",\"Config\":{\"Labels\":{\"a\":\"" + std::string(1 << 20, 'x') + "\",\"b\":\"2\"}}");
  EXPECT_EQ(look(machine, kDocker), ",name=\"w\",container_label_b=\"2\"");
  EXPECT_EQ(machine.problems(Problem::limit), 1U);
}

TEST(ContainerNames, HostileTextNeverBreaksThePage) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file(kDocker + "/cgroup.procs", "");
  machine.docker(ContainerMachine::kId, R"(a\"b\\c\nd\u0000e)",
                 ",\"Config\":{\"Image\":\"x\\\"} 1\\n\",\"Labels\":{\"\\n} "
                 "1\":\"\\ud800\",\"\":\"e\",\"\xC3\xA4\":\"\xC3\xA4\"}}");
  const auto parsed = tests::parse_exposition(machine.page("container.lifecycle"));
  EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.front();
  machine.docker(ContainerMachine::kId, "\xff\xfe", "");
  EXPECT_EQ(look(machine, kDocker), "");  // JSON is UTF-8
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
}

TEST(ContainerNames, LoopsOfLinksAreLeftAlone) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file(kDocker + "/cgroup.procs", "");
  machine.group_file(kScope + "/cgroup.procs", "");
  for (const std::string& place :
       {std::string("root/var/lib/docker/containers/") + ContainerMachine::kId + "/config.v2.json",
        "root/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + ContainerMachine::kId,
        std::string("root/var/log/containers"), std::string("root/var/lib/containers")}) {
    machine.loop(place);
  }
  EXPECT_EQ(look(machine, kDocker), "");
  EXPECT_EQ(look(machine, kScope), "");
}

}  // namespace
