#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

const std::string kHeads = "Inter-| Receive | Transmit\n face |bytes |bytes\n";

TEST(ContainerNetwork, AProcessThatEndedIsReplacedByAnotherOfTheGroup) {
  ContainerMachine machine(Cgroups::v2);
  machine.docker(ContainerMachine::kId, "web", R"(,"State":{"Pid":5})");
  machine.group_file("docker/" + ContainerMachine::kId + "/cgroup.procs", "6\n7\n");
  machine.file("proc/6/net/dev", kHeads + "eth0:11 2 0 0 0 0 0 0 33 4 0 0 0 0 0 0\n");
  const std::string page = machine.page("container.network");
  const std::string labels = "{id=\"/docker/" + ContainerMachine::kId + "\",name=\"web\",interface=\"eth0\"} ";
  EXPECT_TRUE(has_line(page, "container_network_receive_bytes_total" + labels + "11"));
  EXPECT_TRUE(has_line(page, "container_network_transmit_packets_total" + labels + "4"));
}

std::string stat(int pid, int start) {
  return std::to_string(pid) + " (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " + std::to_string(start) + " 0 0 0 0\n";
}

// As in a pod, and by docker run --network container:other.
TEST(ContainerNetwork, ASharedNamespaceIsShownOnTheOldestContainer) {
  ContainerMachine machine(Cgroups::v2);
  const std::string pod = "kubepods/pod1/";
  const std::string sandbox(64, 'd');
  machine.group_file(pod + ContainerMachine::kId + "/cgroup.procs", "6\n");
  machine.group_file(pod + sandbox + "/cgroup.procs", "7\n");
  machine.group_file("user.slice/cgroup.procs", "6\n");
  machine.file("proc/6/stat", stat(6, 200));
  machine.file("proc/7/stat", stat(7, 100));
  machine.file("proc/7/net/dev", kHeads + "eth0: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n");
  machine.same_file("proc/7/net/dev", "proc/6/net/dev");
  for (int scrape = 0; scrape < 2; ++scrape) {
    const std::string page = machine.page("container.network");
    EXPECT_TRUE(
        has_line(page, "container_network_receive_bytes_total{id=\"/" + pod + sandbox + "\",interface=\"eth0\"} 1"));
    EXPECT_EQ(page.find(ContainerMachine::kId), std::string::npos);
    EXPECT_EQ(page.find("user.slice"), std::string::npos);
  }
  // Without the sandbox the other one is the owner.
  machine.remove("sys/fs/cgroup/" + pod + sandbox);
  EXPECT_TRUE(has_line(machine.page("container.network"), "container_network_receive_bytes_total{id=\"/" + pod +
                                                              ContainerMachine::kId + "\",interface=\"eth0\"} 1"));
}

TEST(ContainerNetwork, TheMachinesOwnNamespaceIsOnTheRootOnly) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("docker/" + ContainerMachine::kId + "/cgroup.procs", "6\n");
  machine.file("proc/1/net/dev", kHeads + "eth0: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n");
  machine.same_file("proc/1/net/dev", "proc/6/net/dev");
  const std::string page = machine.page("container.network");
  EXPECT_TRUE(has_line(page, R"(container_network_receive_bytes_total{id="/",interface="eth0"} 1)"));
  EXPECT_EQ(page.find("/docker"), std::string::npos);
}

TEST(ContainerNetwork, ProcessesMayBeInAGroupBelow) {
  ContainerMachine machine(Cgroups::v2);
  const std::string scope = "machine.slice/libpod-" + ContainerMachine::kId + ".scope";
  machine.group_file(scope + "/cgroup.procs", "");
  machine.group_file(scope + "/container/cgroup.procs", "6\n");
  machine.file("proc/6/net/dev", kHeads + "eth0: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n");
  EXPECT_TRUE(has_line(machine.page("container.network"),
                       "container_network_receive_bytes_total{id=\"/" + scope + "\",interface=\"eth0\"} 1"));
}

TEST(ContainerNetwork, APodsRowsStandOnItsSandbox) {
  ContainerMachine machine(Cgroups::v2);
  const std::string pod = "kubepods/pod" + std::string(32, '1') + "/";
  const std::string sandbox(64, 'a');
  machine.group_file(pod + ContainerMachine::kId + "/cgroup.procs", "6\n");
  machine.group_file(pod + sandbox + "/cgroup.procs", "6\n");
  machine.file("proc/6/net/dev", kHeads + "eth0: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n");
  machine.file("root/var/log/containers/web-0_shop_nginx-" + ContainerMachine::kId + ".log", "");
  const std::string page = machine.page("container.network");
  EXPECT_TRUE(has_line(page, "container_network_receive_bytes_total{id=\"/" + pod + sandbox +
                                 "\",namespace=\"shop\",pod=\"web-0\",interface=\"eth0\"} 1"));
  EXPECT_EQ(page.find(ContainerMachine::kId), std::string::npos);
}

TEST(ContainerNetwork, InterfacesAreChosenByPatterns) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("container.interface-include=^e");
  machine.flag("container.interface-exclude=^eth1$");
  machine.file("proc/1/net/dev", kHeads +
                                     "eth0: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n"
                                     "eth1: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n"
                                     "wlan0: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n");
  const std::string page = machine.page("container.network");
  EXPECT_TRUE(has_line(page, R"(container_network_receive_bytes_total{id="/",interface="eth0"} 1)"));
  EXPECT_EQ(page.find("eth1"), std::string::npos);
  EXPECT_EQ(page.find("wlan0"), std::string::npos);
}

TEST(ContainerNetwork, FiltersByPrefixInAnyCaseAndCountsBadLines) {
  ContainerMachine machine(Cgroups::v2);
  machine.file("proc/1/net/dev", kHeads +
                                     "LO: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\nvethx: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n"
                                     "eth0: 1 2\nno line\nens3:0: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n");
  const std::string page = machine.page("container.network");
  EXPECT_TRUE(has_line(page, R"(container_network_receive_bytes_total{id="/",interface="ens3:0"} 1)"));
  EXPECT_EQ(page.find("LO"), std::string::npos);
  EXPECT_EQ(page.find("veth"), std::string::npos);
  EXPECT_EQ(machine.problems(Problem::parse), 2U);
}

}  // namespace
