#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "collectors/container/layers.h"
#include "tests/support/container_machine.h"

using exporter::Problem;
using tests::Cgroups;
using tests::ContainerMachine;

namespace {

const std::string kUpper = "/var/lib/docker/overlay2/7/diff";
const std::string kOverlay =
    "602 530 0:52 / / rw - overlay overlay rw,lowerdir=/l,upperdir=" + kUpper + ",workdir=/w\n";

// The value of the container's row; empty without one.
std::string value_of(const std::string& page, const std::string& name) {
  const std::string begin = name + "{id=\"/docker/" + ContainerMachine::kId + "\",device=\"";
  const auto at = page.find(begin);
  if (at == std::string::npos) {
    return {};
  }
  const auto space = page.find("\"} ", at) + 3;
  return page.substr(space, page.find('\n', space) - space);
}

// Scrapes until the row is there.
std::string wait_for(ContainerMachine& machine, const std::string& name) {
  for (int i = 0; i < 500; ++i) {
    if (auto value = value_of(machine.page("container.disk"), name); !value.empty()) {
      return value;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return "never";
}

TEST(ContainerDisk, MeasuresLayersBetweenScrapes) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("container.disk-usage-interval=20ms");
  machine.group_file("docker/" + ContainerMachine::kId + "/cgroup.procs", "5\n");
  machine.file("proc/5/mountinfo", kOverlay);
  machine.file("root" + kUpper + "/a", "a");
  machine.file("root" + kUpper + "/folder/b", "b");
  machine.same_file("root" + kUpper + "/a", "root" + kUpper + "/folder/again");
  machine.file("root/var/lib/docker/containers/" + ContainerMachine::kId + "/log", "c");
  EXPECT_EQ(value_of(machine.page("container.disk"), "container_fs_usage_bytes"), "");  // not measured yet: absent
  // Two folders and two files, one of them under two names; the log and its folder.
  EXPECT_EQ(wait_for(machine, "container_fs_inodes_total"), "6");
  EXPECT_EQ(std::stoll(value_of(machine.page("container.disk"), "container_fs_usage_bytes")) % 512, 0);
  EXPECT_LE(std::stoll(value_of(machine.page("container.disk"), "container_fs_usage_age_seconds")), 5);
  // It is measured again.
  machine.file("root" + kUpper + "/new", "d");
  for (int i = 0; i < 500 && value_of(machine.page("container.disk"), "container_fs_inodes_total") != "7"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(value_of(machine.page("container.disk"), "container_fs_inodes_total"), "7");
  // No ghosts.
  machine.remove("sys/fs/cgroup/docker");
  EXPECT_EQ(value_of(machine.page("container.disk"), "container_fs_inodes_total"), "");
}

TEST(ContainerDisk, AnIntervalOfZeroMeasuresNothing) {
  ContainerMachine machine(Cgroups::v2);
  machine.flag("container.disk-usage-interval=0");
  machine.group_file("docker/" + ContainerMachine::kId + "/cgroup.procs", "5\n");
  EXPECT_EQ(machine.page("container.disk"), "");
}

TEST(ContainerDisk, UpperFoldersAreThoseOfOverlayRootsOnly) {
  using exporter::container::upper_folder;
  EXPECT_EQ(upper_folder(kOverlay), kUpper);
  EXPECT_EQ(upper_folder("602 530 0:52 / / rw - ext4 /dev/vda rw,upperdir=/x\n"), "");
  EXPECT_EQ(upper_folder("602 530 0:52 / /proc rw - overlay overlay rw,upperdir=/x\n"), "");
  EXPECT_EQ(upper_folder("602 530 0:52 / / rw - overlay overlay rw,lowerdir=/x\n"), "");
  EXPECT_EQ(upper_folder("43 65 254:0 / /old rw - ext4 /dev/vda rw\n" + kOverlay), kUpper);
  EXPECT_EQ(upper_folder(kOverlay + "700 602 254:0 / / rw - ext4 /dev/vda rw\n"), "");
  EXPECT_EQ(upper_folder(""), "");
  EXPECT_EQ(upper_folder("nonsense"), "");
}

TEST(ContainerDisk, StateFoldersOfDockerAndPodmanAreKnown) {
  using exporter::container::state_folder;
  EXPECT_EQ(state_folder(kUpper, "id"), "/var/lib/docker/containers/id");
  EXPECT_EQ(state_folder("/var/lib/containers/storage/overlay/9/diff", "id"),
            "/var/lib/containers/storage/overlay-containers/id");
  EXPECT_EQ(state_folder("/var/lib/containerd/snapshots/4/fs", "id"), "");
}

}  // namespace
