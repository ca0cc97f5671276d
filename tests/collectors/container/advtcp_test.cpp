#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerAdvTcp, AKernelThatGainsAFieldIsFollowed) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("docker/" + ContainerMachine::kId + "/cgroup.procs", "5\n");
  machine.file("proc/5/net/dev", "");
  machine.file("proc/5/net/snmp", "Tcp: InSegs\nTcp: 4\n");
  const std::string labels =
      "container_network_advance_tcp_stats_total{id=\"/docker/" + ContainerMachine::kId + "\",tcp_state=";
  EXPECT_TRUE(has_line(machine.page("container.advtcp"), labels + "\"insegs\"} 4"));
  machine.file("proc/5/net/snmp", "Tcp: InSegs OutSegs\nTcp: 5 6\n");
  EXPECT_TRUE(has_line(machine.page("container.advtcp"), labels + "\"outsegs\"} 6"));
}

}  // namespace
