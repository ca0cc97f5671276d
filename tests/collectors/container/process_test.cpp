#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerProcess, VersionTwoAndALimitThatIsNone) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/cgroup.procs", "1\n2\n");
  machine.group_file("a/pids.current", "5\n");
  machine.group_file("a/pids.max", "max\n");
  machine.group_file("b/pids.max", "some\n");
  const std::string page = machine.page("container.process");
  EXPECT_TRUE(has_line(page, R"(container_processes{id="/a"} 2)"));
  EXPECT_TRUE(has_line(page, R"(container_threads{id="/a"} 5)"));
  EXPECT_TRUE(has_line(page, R"(container_threads_max{id="/a"} 0)"));
  EXPECT_EQ(page.find("/b"), std::string::npos);
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
}

TEST(ContainerProcess, WithoutSocketsTheSizeOfTheFolderIsTheNumberOfFiles) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/cgroup.procs", "5\n");
  machine.flag("container.process.sockets=false");
  machine.file("proc/5/fd/0", "");
  const std::string page = machine.page("container.process");
  EXPECT_NE(page.find(R"(container_file_descriptors{id="/a"} )"), std::string::npos);  // what tmpfs says
  EXPECT_EQ(page.find("container_sockets"), std::string::npos);
}

// A late scrape stands for processes that may not be looked at: root may look at all.
TEST(ContainerProcess, ASumOverSomeProcessesOnlyIsNotShown) {
  tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "container/process");
  tests::FixtureRun run(tests::spec_of("container.process"), copy.path());
  run.scrape(std::chrono::milliseconds(0));
  EXPECT_EQ(run.page().find("container_sockets"), std::string::npos);
  EXPECT_NE(run.page().find("container_processes"), std::string::npos);
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(Problem::deadline)], 2U);  // one for each group
}

}  // namespace
