#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerCpuset, VersionTwoHasListsOnly) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/cpuset.cpus.effective", "0-1,4\n");
  machine.group_file("a/cpuset.mems.effective", "0\n");
  machine.group_file("a/cpuset.memory_migrate", "1\n");
  machine.group_file("b/cpuset.cpus.effective", "0-99999999999\n");
  const std::string page = machine.page("container.cpuset");
  EXPECT_TRUE(has_line(page, R"(container_cpuset_cpus{id="/a"} 3)"));
  EXPECT_TRUE(has_line(page, R"(container_cpuset_memory_nodes{id="/a"} 1)"));
  EXPECT_EQ(page.find("migrate"), std::string::npos);
  EXPECT_EQ(page.find("/b"), std::string::npos);
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
}

}  // namespace
