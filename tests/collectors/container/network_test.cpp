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

TEST(ContainerNetwork, PodContainersAndPlainGroupsHaveNoRows) {
  ContainerMachine machine(Cgroups::v2);
  const std::string pod = "kubepods/pod" + std::string(32, '1') + "/";
  machine.group_file(pod + ContainerMachine::kId + "/cgroup.procs", "6\n");
  machine.group_file(R"(machine.slice/machine-qemu\x2d1\x2dvm.scope/cgroup.procs)", "6\n");
  machine.group_file("user.slice/cgroup.procs", "6\n");
  machine.file("proc/6/net/dev", kHeads + "eth0: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n");
  EXPECT_EQ(machine.page("container.network"), "");
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
