#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerCpuTopology, WithoutNodesTheMachineIsNodeZero) {
  ContainerMachine machine(Cgroups::v2);
  machine.file("sys/devices/system/cpu/online", "0-1\n");
  for (const std::string cpu : {"cpu0", "cpu1"}) {
    machine.file("sys/devices/system/cpu/" + cpu + "/topology/core_id", "7\n");
    machine.file("sys/devices/system/cpu/" + cpu + "/topology/physical_package_id", "0\n");
  }
  const std::string page = machine.page("container.cpu_topology");
  EXPECT_TRUE(has_line(page, R"(machine_thread_siblings_count{node_id="0",core_id="7",thread_id="1"} 2)"));
  EXPECT_EQ(page.find("machine_node"), std::string::npos);
}

TEST(ContainerCpuTopology, NodesAreInTheOrderOfTheirNumbers) {
  ContainerMachine machine(Cgroups::v2);
  machine.file("sys/devices/system/cpu/online", "0\n");
  machine.file("sys/devices/system/node/node2/distance", "10 20\n");
  machine.file("sys/devices/system/node/node10/distance", "20 x\n");
  const std::string page = machine.page("container.cpu_topology");
  EXPECT_TRUE(has_line(page, R"(machine_node_distance{node_id="2",target_node_id="10"} 20)"));
  EXPECT_TRUE(has_line(page, R"(machine_node_distance{node_id="10",target_node_id="2"} 20)"));
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
}

}  // namespace
