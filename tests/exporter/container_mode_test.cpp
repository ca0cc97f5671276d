#include "exporter/container_mode.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using platform::MountedAt;
using platform::Surroundings;

const MountedAt kDisk{"254:1", "/", "ext4", true};
const MountedAt kDiskPrivate{"254:1", "/", "ext4", false};
const MountedAt kOverlay{"0:51", "/", "overlay", false};

platform::Host host(const std::string& rootfs, const std::string& procfs = "/proc") {
  platform::Host result;
  result.rootfs = rootfs;
  result.procfs = procfs;
  return result;
}

// A machine without containers.
Surroundings machine() {
  return {.procfs = true,
          .sysfs = true,
          .first_pid_namespace = true,
          .pid_levels = 1,
          .init_name = "systemd",
          .init_root = kDisk,
          .own_root = kDisk,
          .given_root = kDisk,
          .network_of_init = true};
}

// As docker runs a program that is given no option.
Surroundings plain_container() {
  Surroundings facts = machine();
  facts.first_pid_namespace = false;
  facts.init_name = "resource_export";
  facts.init_root = facts.own_root = facts.given_root = kOverlay;
  return facts;
}

// As docker run --pid host --network host -v /:/host:ro,rslave.
Surroundings host_container() {
  Surroundings facts = machine();
  facts.own_root = kOverlay;
  return facts;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(ContainerMode, NothingIsMissingOnAMachine) {
  EXPECT_EQ(missing_in_container(machine(), host("/")), "");
  EXPECT_EQ(missing_in_container(machine(), host("/srv/chroot")), "");  // asked for, and no container
}

TEST(ContainerMode, NothingIsMissingWhereDockerWasGivenAll) {
  EXPECT_EQ(missing_in_container(host_container(), host("/host")), "");
}

TEST(ContainerMode, AContainerOfItsOwnNeedsTheProcessesAndTheRoot) {
  const auto missing = missing_in_container(plain_container(), host("/"));
  EXPECT_TRUE(has(missing, "process 1 is resource_export")) << missing;
  EXPECT_TRUE(has(missing, "--pid host")) << missing;
  EXPECT_TRUE(has(missing, "--path.procfs=/host/proc")) << missing;
  EXPECT_TRUE(has(missing, "-v /:/host:ro,rslave and give --path.rootfs=/host")) << missing;
}

TEST(ContainerMode, ARootWithoutTheProcessesListsTheContainersMounts) {
  auto facts = plain_container();
  facts.given_root = kDisk;
  const auto missing = missing_in_container(facts, host("/rootfs"));
  EXPECT_TRUE(has(missing, "mount /proc and give --path.procfs=/rootfs/proc")) << missing;
  EXPECT_FALSE(has(missing, "rslave")) << missing;
}

TEST(ContainerMode, AnotherProcfsIsAsGoodAsTheHostsProcesses) {
  auto facts = host_container();
  facts.first_pid_namespace = false;
  facts.pid_levels = 2;
  EXPECT_EQ(missing_in_container(facts, host("/host", "/host/proc")), "");
}

TEST(ContainerMode, TheProcessesWithoutTheRoot) {
  auto facts = host_container();
  facts.given_root = kOverlay;
  EXPECT_EQ(missing_in_container(facts, host("/")),
            "file systems are looked up in the container: mount the root with -v /:/host:ro,rslave and give "
            "--path.rootfs=/host");
  facts.given_root = std::nullopt;
  EXPECT_EQ(missing_in_container(facts, host("/host")),
            "nothing is mounted at --path.rootfs=/host: mount the root with -v /:/host:ro,rslave");
}

TEST(ContainerMode, ARootOfAnotherPlace) {
  auto facts = host_container();
  facts.given_root = MountedAt{"254:1", "/home", "ext4", true};
  EXPECT_EQ(missing_in_container(facts, host("/host")),
            "--path.rootfs=/host is not the root of the machine that --path.procfs=/proc shows: mount it with "
            "-v /:/host:ro,rslave");
}

TEST(ContainerMode, ARootThatDoesNotFollowTheMachine) {
  auto facts = host_container();
  facts.given_root = kDiskPrivate;
  EXPECT_TRUE(has(missing_in_container(facts, host("/host")), "with the option rslave"));
  facts.init_root = kDiskPrivate;  // the machine's own mounts do not propagate: no option would help
  EXPECT_EQ(missing_in_container(facts, host("/host")), "");
}

TEST(ContainerMode, TheNetworkOfTheContainer) {
  auto facts = host_container();
  facts.network_of_init = false;
  EXPECT_EQ(missing_in_container(facts, host("/host")),
            "network devices are those of this container: run it with --network host");
}

TEST(ContainerMode, AContainerRunAsAMachineIsOne) {
  auto facts = plain_container();
  facts.init_name = "systemd";
  EXPECT_EQ(missing_in_container(facts, host("/")), "");
}

TEST(ContainerMode, FoldersThatHoldNothing) {
  auto facts = machine();
  facts.procfs = facts.sysfs = false;
  const auto missing = missing_in_container(facts, host("/", "/host/proc"));
  EXPECT_TRUE(has(missing, "no procfs at --path.procfs=/host/proc")) << missing;
  EXPECT_TRUE(has(missing, "no sysfs at --path.sysfs=/sys")) << missing;
}

TEST(ContainerMode, WhatIsNotKnownIsNotHeldAgainstAnyone) {
  Surroundings facts;
  facts.procfs = facts.sysfs = true;
  EXPECT_EQ(missing_in_container(facts, host("/host")), "");
}

}  // namespace
}  // namespace exporter
