#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerUdp, ANamespaceIsShownOnce) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("docker/" + ContainerMachine::kId + "/cgroup.procs", "5\n");
  machine.file("proc/5/net/dev", "");
  machine.file("proc/5/net/udp", "heads\n 1: 0:0 0:0 07 00000001:00000002 0:0 0 0 0 1 2 0 3\n");
  const std::string labels = R"({id="/docker/)" + ContainerMachine::kId + R"(",udp_state=)";
  const std::string page = machine.page("container.udp");
  EXPECT_TRUE(has_line(page, "container_network_udp_usage_total" + labels + "\"listen\"} 1"));
  EXPECT_TRUE(has_line(page, "container_network_udp_usage_total" + labels + "\"dropped\"} 3"));
  EXPECT_TRUE(has_line(page, "container_network_udp_usage_total" + labels + "\"rxqueued\"} 2"));
  EXPECT_TRUE(has_line(page, "container_network_udp_usage_total" + labels + "\"txqueued\"} 1"));
  EXPECT_EQ(page.find("udp6"), std::string::npos);
}

}  // namespace
