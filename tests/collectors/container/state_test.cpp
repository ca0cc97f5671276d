#include <gtest/gtest.h>

#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;
using tests::has_line;

namespace {

const std::string kId = ContainerMachine::kId;
const std::string kLabels = "container_id=\"" + kId + "\",name=\"web\"";
const std::string kStopped =
    R"(,"State":{"Running":false,"ExitCode":3,"StartedAt":"2024-05-01T10:00:01Z","FinishedAt":"2024-05-01T10:05:00Z"})";

std::string status(const std::string& state, int value) {
  return "container_state_status{" + kLabels + ",state=\"" + state + "\"} " + std::to_string(value);
}

TEST(ContainerState, FollowsTheFileWhenItIsReplaced) {
  ContainerMachine machine(Cgroups::v2);
  EXPECT_EQ(machine.page("container.state"), "");
  machine.docker(kId, "web", R"(,"State":{"Running":true,"StartedAt":"2024-05-01T10:00:01Z"})");
  std::string page = machine.page("container.state");
  EXPECT_TRUE(has_line(page, status("running", 1)));
  EXPECT_TRUE(has_line(page, status("exited", 0)));
  EXPECT_EQ(page.find("exit_code"), std::string::npos);
  machine.docker(kId, "web", kStopped);
  page = machine.page("container.state");
  EXPECT_TRUE(has_line(page, status("running", 0)));
  EXPECT_TRUE(has_line(page, status("exited", 1)));
  EXPECT_TRUE(has_line(page, "container_state_exit_code{" + kLabels + "} 3"));
  EXPECT_TRUE(has_line(page, "container_state_finished_seconds{" + kLabels + "} 1714557900"));
  machine.docker(kId, "web", R"(,"State":{"Dead":true,"StartedAt":"2024-05-01T10:00:01Z"})");
  EXPECT_TRUE(has_line(machine.page("container.state"), status("dead", 1)));
  machine.remove("root/var/lib/docker/containers/" + kId);
  EXPECT_EQ(machine.page("container.state"), "");
}

TEST(ContainerState, AFolderMayComeGoAndComeAgain) {
  ContainerMachine machine(Cgroups::v2);
  machine.docker(kId, "web", kStopped);
  EXPECT_TRUE(has_line(machine.page("container.state"), status("exited", 1)));
  machine.remove("root/var/lib/docker");
  EXPECT_EQ(machine.page("container.state"), "");
  machine.docker(kId, "web", kStopped);
  EXPECT_TRUE(has_line(machine.page("container.state"), status("exited", 1)));
}

TEST(ContainerState, AHalfWrittenFileIsCountedOnceAndReadAgain) {
  ContainerMachine machine(Cgroups::v2);
  const std::string file = "root/var/lib/docker/containers/" + kId + "/config.v2.json";
  machine.file(file, "{\"ID\":");
  EXPECT_EQ(machine.page("container.state"), "");
  EXPECT_EQ(machine.problems(Problem::parse), 1U);
  EXPECT_EQ(machine.page("container.state"), "");
  EXPECT_EQ(machine.problems(Problem::parse), 0U);
  machine.docker(kId, "web", kStopped);
  EXPECT_TRUE(has_line(machine.page("container.state"), status("exited", 1)));
}

TEST(ContainerState, IsBoundedAndObeysThePatterns) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("container.state.max-containers=1");
  machine.flag("container.exclude=^hidden$");
  machine.docker(std::string(64, 'a'), "hidden", kStopped);
  machine.docker(kId, "web", kStopped);
  EXPECT_TRUE(has_line(machine.page("container.state"), status("exited", 1)));
  EXPECT_EQ(machine.problems(Problem::limit), 0U);
  machine.docker(std::string(64, 'd'), "second", kStopped);
  const std::string page = machine.page("container.state");
  EXPECT_EQ(page.find("\"second\""), std::string::npos);
  EXPECT_EQ(page.find("hidden"), std::string::npos);
  EXPECT_EQ(machine.problems(Problem::limit), 1U);
}

TEST(ContainerState, PodmanFromItsDatabase) {
  ContainerMachine machine(Cgroups::v2);
  const std::string storage = "root/var/lib/containers/storage/";
  const std::string id(64, 'e');
  machine.file(storage + "overlay-containers/containers.json", R"([{"id":")" + id + R"(","names":["job"]}])");
  machine.file(storage + "libpod/bolt_state.db",
               tests::read_text(std::filesystem::path(FIXTURES) / "platform/bolt/bolt_state.db"));
  const std::string labels = "{container_id=\"" + id + "\",name=\"job\",image=\"localhost/job:1\"";
  const std::string page = machine.page("container.state");
  EXPECT_TRUE(has_line(page, "container_state_status" + labels + ",state=\"exited\"} 1"));
  EXPECT_TRUE(has_line(page, "container_state_exit_code" + labels + "} 137"));
  EXPECT_TRUE(has_line(page, "container_state_oom_killed" + labels + "} 1"));
  EXPECT_EQ(page, machine.page("container.state"));
}

}  // namespace
