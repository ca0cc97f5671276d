#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerCpu, VersionTwoHasATotalAndTheQuotaOfCpuMax) {
  ContainerMachine machine(Cgroups::v2);
  const std::string stat =
      "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 4\nnr_throttled 3\nthrottled_usec "
      "1500000\n"
      "nr_bursts 2\nburst_usec 250000\n";
  machine.group_file("a/cpu.stat", stat);
  machine.group_file("a/cpu.max", "50000 100000\n");
  machine.group_file("b/cpu.stat", stat);
  machine.group_file("b/cpu.max", "max 100000\n");
  const std::string page = machine.page("container.cpu");
  EXPECT_TRUE(has_line(page, R"(container_cpu_usage_seconds_total{id="/a",cpu="total"} 2.5)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_user_seconds_total{id="/a"} 2)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_system_seconds_total{id="/a"} 0.5)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_cfs_periods_total{id="/a"} 4)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_cfs_throttled_seconds_total{id="/a"} 1.5)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_cfs_burst_seconds_total{id="/a"} 0.25)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_usage_seconds_total{id="/b",cpu="total"} 2.5)"));
  EXPECT_EQ(page.find(R"(container_cpu_cfs_periods_total{id="/b"})"), std::string::npos);
}

TEST(ContainerCpu, WithoutPerCpuVersionOneHasATotalToo) {
  ContainerMachine machine(Cgroups::v1);
  machine.group_file("cpu,cpuacct/a/cpuacct.usage", "1500000000\n");
  machine.group_file("cpu,cpuacct/a/cpuacct.usage_percpu", "1000000000 500000000\n");
  machine.flag("container.cpu.per-cpu=false");
  const std::string page = machine.page("container.cpu");
  EXPECT_TRUE(has_line(page, R"(container_cpu_usage_seconds_total{id="/a",cpu="total"} 1.5)"));
  EXPECT_EQ(page.find("cpu00"), std::string::npos);
}

TEST(ContainerCpu, ABadLineCostsOnlyItself) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/cpu.stat", "usage_usec 99999999999999999999\nuser_usec 1000000\nsystem_usec\n");
  const std::string page = machine.page("container.cpu");
  EXPECT_TRUE(has_line(page, R"(container_cpu_user_seconds_total{id="/a"} 1)"));
  EXPECT_EQ(page.find("container_cpu_usage_seconds_total"), std::string::npos);
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
}

}  // namespace
