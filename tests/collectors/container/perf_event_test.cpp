#include <gtest/gtest.h>

#include "exporter/options.h"
#include "platform/perf_config.h"
#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

constexpr char kConfig[] = R"({"core":{"events":["cycles"]}})";

TEST(ContainerPerfEvent, WithoutAFileNothingIsCounted) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("docker/" + ContainerMachine::kId + "/cgroup.procs", "5\n");
  EXPECT_EQ(machine.page("container.perf_event"), "");
}

TEST(ContainerPerfEvent, WithoutPerCpuThereIsASum) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("docker/" + ContainerMachine::kId + "/cgroup.procs", "5\n");
  machine.file("config.json", kConfig);
  machine.file("sys/devices/system/cpu/online", "0-1\n");
  machine.file("perf/cpu0/0-0", "100 10 10\n");
  machine.file("perf/cpu1/0-0", "100 10 5\n");
  machine.flag("perf_events_config=" + (machine.path() / "config.json").string());
  machine.flag("container.cpu.per-cpu=false");
  const std::string labels = "{id=\"/docker/" + ContainerMachine::kId + "\",cpu=\"\",event=\"cycles\"} ";
  std::string page = machine.page("container.perf_event");
  EXPECT_TRUE(has_line(page, "container_perf_events_total" + labels + "300")) << page;
  EXPECT_TRUE(has_line(page, "container_perf_events_scaling_ratio" + labels + "0.5")) << page;
  machine.file("perf/cpu0/0-0", "150 20 20\n");
  page = machine.page("container.perf_event");
  EXPECT_TRUE(has_line(page, "container_perf_events_total" + labels + "350")) << page;
}

TEST(ContainerPerfEvent, AnEventThatTheMachineDoesNotHaveIsLeftOut) {
  ContainerMachine machine(Cgroups::v2);
  machine.file("config.json", kConfig);
  machine.file("sys/devices/system/cpu/online", "0\n");
  machine.file("perf/cpu0/0-1", "1 1 1\n");
  machine.flag("perf_events_config=" + (machine.path() / "config.json").string());
  EXPECT_EQ(machine.page("container.perf_event"), "");
  EXPECT_EQ(machine.problems(Problem::missing), 1U);
}

TEST(ContainerPerfEvent, AFileThatIsNoneIsSaidAtStart) {
  for (const char* text : {"", "[]", R"({"core":{"events":["unheard-of"]}})", R"({"core":{"events":[5]}})",
                           R"({"core":{"custom_events":[{"name":"x"}]}})",
                           R"({"core":{"custom_events":[{"name":"x","type":4,"config":["zz"]}]}})",
                           R"({"core":{"custom_events":[{"name":"x","type":4,"config":[]}]}})"}) {
    EXPECT_NE(platform::read_perf_config(text).error, "") << text;
    ContainerMachine machine(Cgroups::v2);
    machine.file("config.json", text);
    machine.flag("perf_events_config=" + (machine.path() / "config.json").string());
    EXPECT_THROW(machine.page("container.perf_event"), exporter::OptionError) << text;
  }
  EXPECT_EQ(platform::read_perf_config(R"({"core":{},"uncore":7})").error, "");
}

}  // namespace
