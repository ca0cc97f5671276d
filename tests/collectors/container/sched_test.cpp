#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

TEST(ContainerSched, SumsNeverStepBackWhateverEndsOrMoves) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/cgroup.threads", "5\n6\n");
  machine.group_file("b/cgroup.threads", "");
  machine.file("proc/5/schedstat", "1000000000 0 1\n");
  machine.file("proc/6/schedstat", "2000000000 0 1\n");
  std::string page = machine.page("container.sched");
  EXPECT_TRUE(has_line(page, R"(container_cpu_schedstat_run_seconds_total{id="/a"} 3)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_schedstat_run_seconds_total{id="/"} 3)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_schedstat_run_seconds_total{id="/b"} 0)"));
  // 5 ended; 6 ran on and moved.
  machine.group_file("a/cgroup.threads", "");
  machine.group_file("b/cgroup.threads", "6\n");
  machine.file("proc/6/schedstat", "2500000000 0 2\n");
  page = machine.page("container.sched");
  EXPECT_TRUE(has_line(page, R"(container_cpu_schedstat_run_seconds_total{id="/a"} 3)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_schedstat_run_seconds_total{id="/b"} 0.5)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_schedstat_run_seconds_total{id="/"} 3.5)"));
  // Another task got the number 6, and a group is gone.
  machine.remove("sys/fs/cgroup/a");
  machine.file("proc/6/schedstat", "250000000 0 1\n");
  page = machine.page("container.sched");
  EXPECT_TRUE(has_line(page, R"(container_cpu_schedstat_run_seconds_total{id="/b"} 0.75)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_schedstat_run_seconds_total{id="/"} 3.75)"));
  EXPECT_EQ(page.find("/a"), std::string::npos);
}

TEST(ContainerSched, GroupsWithLikeNamesAreNotTakenForParents) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("a/cgroup.threads", "");
  machine.group_file("a-b/cgroup.threads", "");
  machine.group_file("a/b/cgroup.threads", "5\n");
  machine.file("proc/5/schedstat", "1000000000 0 1\n");
  const std::string page = machine.page("container.sched");
  EXPECT_TRUE(has_line(page, R"(container_cpu_schedstat_run_seconds_total{id="/a"} 1)"));
  EXPECT_TRUE(has_line(page, R"(container_cpu_schedstat_run_seconds_total{id="/a-b"} 0)"));
}

TEST(ContainerSched, ALateScrapeShowsNoSumOverSomeTasksAndLosesNothing) {
  ContainerMachine machine(Cgroups::v2);
  machine.group_file("0/cgroup.threads", "");
  machine.group_file("a/cgroup.threads", "5\n");
  machine.group_file("b/cgroup.threads", "6\n");
  machine.file("proc/5/schedstat", "1000000000 0 1\n");
  machine.file("proc/6/schedstat", "1000000000 0 1\n");
  tests::FixtureRun run(tests::spec_of("container.sched"), machine.path());
  run.scrape();
  EXPECT_TRUE(has_line(run.page(), R"(container_cpu_schedstat_run_seconds_total{id="/"} 2)"));
  machine.file("proc/5/schedstat", "3000000000 0 2\n");
  run.scrape(std::chrono::milliseconds(0));
  EXPECT_TRUE(has_line(run.page(), R"(container_cpu_schedstat_run_seconds_total{id="/0"} 0)"));
  for (const char* const id : {R"(id="/"})", R"(id="/a"})", R"(id="/b"})"}) {
    EXPECT_EQ(run.page().find(id), std::string::npos) << id;
  }
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::deadline)], 1U);
  machine.file("proc/5/schedstat", "4000000000 0 3\n");
  run.scrape();
  EXPECT_TRUE(has_line(run.page(), R"(container_cpu_schedstat_run_seconds_total{id="/"} 5)"));
  EXPECT_TRUE(has_line(run.page(), R"(container_cpu_schedstat_run_seconds_total{id="/a"} 4)"));
  EXPECT_TRUE(has_line(run.page(), R"(container_cpu_schedstat_run_seconds_total{id="/b"} 1)"));
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::deadline)], 0U);
}

}  // namespace
