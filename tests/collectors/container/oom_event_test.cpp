#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerOomEvent, VersionOneReadsOomControl) {
  ContainerMachine machine(Cgroups::v1);
  machine.group_file("memory/a/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
  machine.group_file("memory/b/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");  // before Linux 4.13
  const std::string page = machine.page("container.oom_event");
  EXPECT_TRUE(has_line(page, R"(container_oom_events_total{id="/a"} 4)"));
  EXPECT_EQ(page.find("/b"), std::string::npos);
}

TEST(ContainerOomEvent, ANegativeCountIsAProblem) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/memory.events", "oom_kill -1\n");
  EXPECT_EQ(machine.page("container.oom_event"), "");
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
}

}  // namespace
