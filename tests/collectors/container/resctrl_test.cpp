#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using tests::Cgroups;
using tests::ContainerMachine;

namespace {

TEST(ContainerResctrl, AMachineWithoutItHasNoRows) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("docker/" + ContainerMachine::kId + "/cgroup.procs", "5\n");
  EXPECT_EQ(machine.page("container.resctrl"), "");
}

TEST(ContainerResctrl, AControlGroupOfARuntimeIsFoundByTheContainersId) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("docker/" + ContainerMachine::kId + "/cgroup.procs", "5\n");
  machine.file("sys/fs/resctrl/mon_data/mon_L3_00/llc_occupancy", "9\n");
  machine.file("sys/fs/resctrl/" + ContainerMachine::kId + "/mon_data/mon_L3_10/llc_occupancy", "4096\n");
  EXPECT_TRUE(tests::has_line(
      machine.page("container.resctrl"),
      "container_llc_occupancy_bytes{id=\"/docker/" + ContainerMachine::kId + "\",node_id=\"10\"} 4096"));
}

}  // namespace
