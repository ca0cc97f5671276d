#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerPressure, VersionTwoAndAnOldKernelWithoutFull) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n");
  machine.group_file("a/io.pressure", "some avg10=0.00 total=\nother total=1\nfull avg10=0.00 total=500000\n");
  const std::string page = machine.page("container.pressure");
  EXPECT_TRUE(has_line(page, R"(container_pressure_cpu_waiting_seconds_total{id="/a"} 1.5)"));
  EXPECT_EQ(page.find("cpu_stalled"), std::string::npos);
  EXPECT_TRUE(has_line(page, R"(container_pressure_io_stalled_seconds_total{id="/a"} 0.5)"));
  EXPECT_EQ(machine.problems(Problem::parse), 2U);
}

TEST(ContainerPressure, VersionOneAloneHasNone) {
  ContainerMachine machine(Cgroups::v1);
  machine.group_file("memory/a/memory.stat", "");
  EXPECT_EQ(machine.page("container.pressure"), "");
}

}  // namespace
