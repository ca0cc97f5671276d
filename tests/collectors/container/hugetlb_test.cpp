#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerHugetlb, VersionTwoCountsFailuresInEvents) {
  ContainerMachine machine(Cgroups::v2);
  machine.file("sys/kernel/mm/hugepages/hugepages-64kB/nr_hugepages", "0\n");
  machine.group_file("a/hugetlb.64KB.current", "65536\n");
  machine.group_file("a/hugetlb.64KB.events", "max 5\n");
  machine.group_file("b/hugetlb.64KB.rsvd.current", "131072\n");
  machine.group_file("b/hugetlb.64KB.current", "1\n");
  const std::string page = machine.page("container.hugetlb");
  EXPECT_TRUE(has_line(page, R"(container_hugetlb_usage_bytes{id="/a",pagesize="64KB"} 65536)"));
  EXPECT_TRUE(has_line(page, R"(container_hugetlb_failcnt{id="/a",pagesize="64KB"} 5)"));
  EXPECT_TRUE(has_line(page, R"(container_hugetlb_usage_bytes{id="/b",pagesize="64KB"} 131072)"));
  EXPECT_EQ(page.find("max_usage"), std::string::npos);
}

}  // namespace
