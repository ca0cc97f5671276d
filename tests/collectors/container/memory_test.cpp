#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerMemory, VersionOneTellsTheGroupFromItsSubtree) {
  ContainerMachine machine(Cgroups::v1);
  machine.group_file("memory/a/memory.usage_in_bytes", "1000\n");
  machine.group_file("memory/a/memory.max_usage_in_bytes", "2000\n");
  machine.group_file("memory/a/memory.failcnt", "3\n");
  machine.group_file("memory/a/memory.kmem.usage_in_bytes", "50\n");
  machine.group_file("memory/a/memory.stat",
                     "cache 1\nrss 2\npgfault 5\npgmajfault 6\ninactive_file 1\ntotal_cache 300\ntotal_rss 400\n"
                     "total_dirty 8\ntotal_writeback 9\ntotal_swap 10\ntotal_mapped_file 11\ntotal_pgfault 7\n"
                     "total_pgmajfault 8\ntotal_inactive_file 1200\ntotal_active_file 12\n");
  const std::string page = machine.page("container.memory");
  for (const char* line :
       {"container_memory_usage_bytes{id=\"/a\"} 1000", "container_memory_max_usage_bytes{id=\"/a\"} 2000",
        "container_memory_failcnt{id=\"/a\"} 3", "container_memory_kernel_usage{id=\"/a\"} 50",
        "container_memory_cache{id=\"/a\"} 300", "container_memory_rss{id=\"/a\"} 400",
        "container_memory_file_dirty_bytes{id=\"/a\"} 8", "container_memory_file_writeback_bytes{id=\"/a\"} 9",
        "container_memory_swap{id=\"/a\"} 10", "container_memory_working_set_bytes{id=\"/a\"} 0",
        "container_memory_failures_total{id=\"/a\",failure_type=\"pgfault\",scope=\"container\"} 5",
        "container_memory_failures_total{id=\"/a\",failure_type=\"pgfault\",scope=\"hierarchy\"} 7"}) {
    EXPECT_TRUE(has_line(page, line)) << line << "\n" << page;
  }
  EXPECT_EQ(page.find("events_high"), std::string::npos);
}

TEST(ContainerMemory, AParentOnVersionTwoKnowsOnlyItsSubtreesFaults) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/memory.stat", "pgfault 5\n");
  machine.group_file("a/b/memory.stat", "pgfault 4\n");
  const std::string page = machine.page("container.memory");
  EXPECT_EQ(page.find(R"({id="/a",failure_type="pgfault",scope="container"})"), std::string::npos);
  EXPECT_TRUE(has_line(page, R"(container_memory_failures_total{id="/a",failure_type="pgfault",scope="hierarchy"} 5)"));
  EXPECT_TRUE(
      has_line(page, R"(container_memory_failures_total{id="/a/b",failure_type="pgfault",scope="container"} 4)"));
}

TEST(ContainerMemory, CompressedSwapIsShownWhereItHoldsAnything) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/memory.stat", "zswap 100\nzswapped 300\n");
  machine.group_file("b/memory.stat", "zswap 0\nzswapped 0\n");
  const std::string page = machine.page("container.memory");
  EXPECT_TRUE(has_line(page, R"(container_memory_zswap_bytes{id="/a"} 100)"));
  EXPECT_TRUE(has_line(page, R"(container_memory_zswapped_bytes{id="/a"} 300)"));
  EXPECT_EQ(page.find("/b"), std::string::npos);
}

TEST(ContainerMemory, RootUsageCanBeLeftOut) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("memory.stat", "anon 1\nfile 1\n");
  machine.group_file("a/memory.current", "1\n");
  machine.flag("disable_root_cgroup_stats=true");
  const std::string page = machine.page("container.memory");
  EXPECT_EQ(page.find(R"({id="/"})"), std::string::npos);
  EXPECT_TRUE(has_line(page, R"(container_memory_usage_bytes{id="/a"} 1)"));
}

}  // namespace
