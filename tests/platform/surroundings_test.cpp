#include "platform/surroundings.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/fixture.h"

namespace platform {
namespace {

namespace fs = std::filesystem;

TEST(MountedAt, TakesTheLastMountOfThePoint) {
  const auto mount = mounted_at(
      "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
      "21 20 8:2 /srv /host rw - ext4 /dev/sda2 rw\n"
      "22 20 8:3 / /host/data rw - ext4 /dev/sda3 rw\n"
      "23 21 0:40 /@ /host ro,noatime master:7 - btrfs /dev/sda4 rw\n",
      "/host/");
  ASSERT_TRUE(mount);
  EXPECT_EQ(mount->device, "0:40");
  EXPECT_EQ(mount->root, "/@");
  EXPECT_EQ(mount->type, "btrfs");
  EXPECT_TRUE(mount->propagates);
}

TEST(MountedAt, KnowsPrivateMountsFromThoseThatPropagate) {
  const std::string text =
      "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n21 1 8:1 / /a rw propagate_from:2 - ext4 /dev/sda1 rw\n";
  EXPECT_FALSE(mounted_at(text, "/")->propagates);
  EXPECT_FALSE(mounted_at(text, "/a")->propagates);
  EXPECT_TRUE(mounted_at(text, "/")->same_place(*mounted_at(text, "/a")));
  EXPECT_FALSE(mounted_at(text, "/b"));
}

TEST(MountedAt, NoLineCutShortIsAMount) {
  const std::string line = "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw";
  for (std::size_t size = 0; size < line.find("ext4"); ++size) {
    EXPECT_FALSE(mounted_at(line.substr(0, size), "/")) << size;
  }
}

TEST(Surroundings, OfAHost) {
  const tests::FixtureCopy copy(fs::path(FIXTURES) / "platform/surroundings");
  Host host;
  host.procfs = copy.path() / "proc";
  host.sysfs = copy.path() / "sys";
  host.rootfs = "/host";
  host.proc = Dir(host.procfs);
  host.sys = Dir(host.sysfs);
  const auto facts = look_around(host);
  EXPECT_TRUE(facts.procfs);
  EXPECT_TRUE(facts.sysfs);
  EXPECT_EQ(facts.first_pid_namespace, false);
  EXPECT_EQ(facts.pid_levels, 2U);
  EXPECT_EQ(facts.init_name, "systemd");
  EXPECT_EQ(facts.init_root->device, "254:1");
  EXPECT_EQ(facts.own_root->type, "overlay");
  EXPECT_TRUE(facts.given_root->same_place(*facts.init_root));
  EXPECT_TRUE(facts.given_root->propagates);
  EXPECT_EQ(facts.network_of_init, false);
}

TEST(Surroundings, OfAnEmptyFolderAreUnknown) {
  const tests::FixtureCopy copy(fs::path(FIXTURES) / "platform/surroundings");
  fs::create_directory(copy.path() / "none");
  Host host;
  host.proc = Dir(copy.path() / "none");
  host.sys = Dir(copy.path() / "none");
  const auto facts = look_around(host);
  EXPECT_FALSE(facts.procfs);
  EXPECT_FALSE(facts.sysfs);
  EXPECT_FALSE(facts.first_pid_namespace);
  EXPECT_EQ(facts.pid_levels, 0U);
  EXPECT_EQ(facts.init_name, "");
  EXPECT_FALSE(facts.init_root || facts.own_root || facts.given_root);
  EXPECT_FALSE(facts.network_of_init);
}

TEST(Surroundings, OfThisMachineCanBeRead) {
  Host host;
  ASSERT_EQ(host.open(), "");
  const auto facts = look_around(host);
  EXPECT_TRUE(facts.procfs);
  EXPECT_TRUE(facts.first_pid_namespace);
  EXPECT_GE(facts.pid_levels, 1U);
  // In a plain chroot / is a folder like any other, and there is nothing to know of it.
  struct statx root {};
  ASSERT_EQ(::statx(AT_FDCWD, "/", 0, 0, &root), 0);
  if ((root.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0) {  // since Linux 5.8
    EXPECT_EQ(facts.own_root.has_value(), (root.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0);
  }
}

}  // namespace
}  // namespace platform
