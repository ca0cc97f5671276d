#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerMachineFacts, ListsThatLieAreRefused) {
  for (const std::string online : {"3-1\n", "0-99999999\n", "\n", "a\n", "0-\n0", "0-3,x\n"}) {
    ContainerMachine machine(Cgroups::v2);
    machine.file("sys/devices/system/cpu/online", online);
    const std::string page = machine.page("container.machine");
    EXPECT_EQ(page.find("machine_cpu_cores"), std::string::npos) << online;
    EXPECT_TRUE(has_line(page, "machine_scrape_error 1"));
  }
}

TEST(ContainerMachineFacts, ACpuThatLeavesIsNoticed) {
  ContainerMachine machine(Cgroups::v2);
  machine.file("sys/devices/system/cpu/online", "0-3\n");
  EXPECT_TRUE(has_line(machine.page("container.machine"), "machine_cpu_cores 4"));
  machine.file("sys/devices/system/cpu/online", "0-2\n");
  EXPECT_TRUE(has_line(machine.page("container.machine"), "machine_cpu_cores 3"));
}

}  // namespace
