#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerMemoryNuma, VersionTwoIsInBytesAndHasSubtreesOnly) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/memory.numa_stat", "anon N0=8192 N1=4096\nfile N0=0 N1=40960\nkernel_stack N0=1\n");
  machine.group_file("a/b/memory.numa_stat", "anon N0=4096\nunevictable N0=-1\n");
  const std::string page = machine.page("container.memory_numa");
  EXPECT_TRUE(has_line(page, R"(container_memory_numa_pages{id="/a",type="anon",scope="hierarchy",node="0"} 2)"));
  EXPECT_TRUE(has_line(page, R"(container_memory_numa_pages{id="/a",type="file",scope="hierarchy",node="1"} 10)"));
  EXPECT_TRUE(has_line(page, R"(container_memory_numa_pages{id="/a/b",type="anon",scope="container",node="0"} 1)"));
  EXPECT_EQ(page.find(R"({id="/a",type="anon",scope="container")"), std::string::npos);
  EXPECT_EQ(page.find("kernel_stack"), std::string::npos);
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
}

}  // namespace
