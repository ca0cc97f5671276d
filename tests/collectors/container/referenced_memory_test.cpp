#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/support/container_machine.h"

using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

std::string wait_for(ContainerMachine& machine, const std::string& line) {
  std::string page;
  for (int i = 0; i < 500; ++i) {
    page = machine.page("container.referenced_memory");
    if (has_line(page, line)) {
      return {};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return page;
}

TEST(ContainerReferencedMemory, IsSummedOverTheProcessesThatThereAreNow) {
  ContainerMachine machine(Cgroups::v1);
  machine.flag("container.referenced-interval=10ms");
  machine.group_file("cpu,cpuacct/a/cgroup.procs", "");
  machine.group_file("pids/a/cgroup.procs", "5\n6\n7\n");
  machine.file("proc/5/smaps_rollup", "Referenced:  4 kB\n");
  machine.file("proc/6/smaps_rollup", "Rss: 1 kB\nReferenced:  8 kB\n");
  EXPECT_EQ(wait_for(machine, R"(container_referenced_bytes{id="/a"} 12288)"), "");
  machine.group_file("pids/a/cgroup.procs", "6\n");
  EXPECT_EQ(wait_for(machine, R"(container_referenced_bytes{id="/a"} 8192)"), "");
  machine.remove("sys/fs/cgroup/pids/a");
  machine.remove("sys/fs/cgroup/cpu,cpuacct/a");
  const std::string page = machine.page("container.referenced_memory");
  EXPECT_EQ(page.find("container_referenced_bytes"), std::string::npos);
}

}  // namespace
