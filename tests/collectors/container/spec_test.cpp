#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerSpec, VersionOneShowsNoLimitAsZero) {
  ContainerMachine machine(Cgroups::v1);
  machine.group_file("cpu,cpuacct/a/cpu.cfs_quota_us", "-1\n");
  machine.group_file("cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
  machine.group_file("cpu,cpuacct/a/cpu.shares", "1024\n");
  machine.group_file("memory/a/memory.limit_in_bytes", "67108864\n");
  machine.group_file("memory/a/memory.memsw.limit_in_bytes", "134217728\n");
  machine.group_file("memory/a/memory.soft_limit_in_bytes", "9223372036854771712\n");
  const std::string page = machine.page("container.spec");
  EXPECT_EQ(page.find("container_spec_cpu_quota"), std::string::npos);
  EXPECT_TRUE(has_line(page, R"(container_spec_cpu_period{id="/a"} 100000)"));
  EXPECT_TRUE(has_line(page, R"(container_spec_cpu_shares{id="/a"} 1024)"));
  EXPECT_TRUE(has_line(page, R"(container_spec_memory_limit_bytes{id="/a"} 67108864)"));
  EXPECT_TRUE(has_line(page, R"(container_spec_memory_swap_limit_bytes{id="/a"} 134217728)"));
  EXPECT_TRUE(has_line(page, R"(container_spec_memory_reservation_limit_bytes{id="/a"} 0)"));
}

TEST(ContainerSpec, WeightsBecomeShares) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/cpu.weight", "1\n");
  machine.group_file("b/cpu.weight", "100\n");
  machine.group_file("c/cpu.weight", "10000\n");
  machine.group_file("d/cpu.weight", "10001\n");
  const std::string page = machine.page("container.spec");
  EXPECT_TRUE(has_line(page, R"(container_spec_cpu_shares{id="/a"} 2)"));
  EXPECT_TRUE(has_line(page, R"(container_spec_cpu_shares{id="/b"} 2597)"));
  EXPECT_TRUE(has_line(page, R"(container_spec_cpu_shares{id="/c"} 262144)"));
  EXPECT_EQ(page.find("/d"), std::string::npos);
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
}

}  // namespace
