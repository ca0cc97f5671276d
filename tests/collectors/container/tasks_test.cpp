#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

std::string stat(int pid, char state) {
  return std::to_string(pid) + " (x) " + state + " 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 0 0\n";
}

TEST(ContainerTasks, CountsStatesOfTheGroupItselfOnVersionOne) {
  ContainerMachine machine(Cgroups::v1);
  machine.group_file("cpu,cpuacct/a/tasks", "5\n6\n7\n8\n9\n");
  machine.group_file("cpu,cpuacct/a/b/tasks", "10\n");
  for (const auto& [pid, state] : {std::pair{5, 'R'}, {6, 'R'}, {7, 'T'}, {8, 'Z'}, {10, 'S'}}) {
    machine.file("proc/" + std::to_string(pid) + "/stat", stat(pid, state));
  }
  const std::string page = machine.page("container.tasks");
  EXPECT_TRUE(has_line(page, R"(container_tasks_state{id="/a",state="running"} 2)"));
  EXPECT_TRUE(has_line(page, R"(container_tasks_state{id="/a",state="stopped"} 1)"));
  EXPECT_TRUE(has_line(page, R"(container_tasks_state{id="/a",state="sleeping"} 0)"));
  EXPECT_TRUE(has_line(page, R"(container_tasks_state{id="/a/b",state="sleeping"} 1)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_load_average_10s{id="/a"} 2000)"));
}

}  // namespace
