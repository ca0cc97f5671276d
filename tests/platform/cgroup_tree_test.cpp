#include "platform/cgroup_tree.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <filesystem>

#include "platform/host.h"
#include "tests/support/allocations.h"
#include "tests/support/fixture.h"

namespace fs = std::filesystem;
using platform::CgroupTree;
using platform::Controller;

namespace {

constexpr char kOne[] = "31 23 0:31 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";
constexpr char kMemory[] = "32 23 0:32 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n";
constexpr char kUnified[] = "33 23 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
constexpr char kTwo[] = "31 23 0:31 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

// A machine with empty groups, made and changed by hand.
class CgroupTreeTest : public testing::Test {
 protected:
  CgroupTreeTest() : copy_(fs::path(FIXTURES) / "container/machine") {}
  void mounts(const std::string& text) {
    fs::create_directories(copy_.path() / "proc/1");
    tests::write_text(copy_.path() / "proc/1/mountinfo", text);
    host_.procfs = copy_.path() / "proc";
    host_.sysfs = copy_.path() / "sys";
    host_.rootfs = copy_.path() / "root";
    ASSERT_EQ(host_.open(), "");
  }
  fs::path group(const std::string& name) { return copy_.path() / "sys/fs/cgroup" / name; }
  void file(const std::string& name, const std::string& text) {
    fs::create_directories(group(name).parent_path());
    tests::write_text(group(name), text);
  }
  static std::string paths(const CgroupTree& tree) {
    std::string result;
    for (const auto* const entry : tree.groups()) {
      result += entry->path() + " ";
    }
    return result;
  }
  tests::FixtureCopy copy_;
  platform::Host host_;
  platform::ReadBuffer buffer_;
};

TEST_F(CgroupTreeTest, HybridReadsEachControllerWhereItIs) {
  fs::create_directories(group("cpu,cpuacct"));
  fs::create_directories(group("memory"));
  fs::create_directories(group("unified"));
  mounts(std::string(kOne) + kMemory + kUnified);
  const CgroupTree tree(host_, "");
  EXPECT_TRUE(tree.has(Controller::cpu));
  EXPECT_FALSE(tree.v2(Controller::cpu));
  EXPECT_FALSE(tree.v2(Controller::memory));
  EXPECT_TRUE(tree.v2(Controller::blkio));
  EXPECT_TRUE(tree.v2(Controller::unified));
}

TEST_F(CgroupTreeTest, WithoutMountsThereIsNothing) {
  mounts("22 27 0:21 / /proc rw,relatime - proc proc rw\nnonsense\n - cgroup\n");
  CgroupTree tree(host_, "");
  EXPECT_FALSE(tree.valid());
  EXPECT_EQ(tree.walk(), 0);
  EXPECT_TRUE(tree.groups().empty());
}

TEST_F(CgroupTreeTest, ReadsMountPointsOutsideSysAndWithBlanks) {
  fs::create_directories(copy_.path() / "root/c groups/memory/a");
  mounts("32 23 0:32 / /c\\040groups/memory rw - cgroup cgroup rw,memory\n");
  CgroupTree tree(host_, "");
  tree.use(Controller::memory);
  EXPECT_EQ(tree.walk(), 0);
  EXPECT_EQ(paths(tree), "/ /a ");
}

TEST_F(CgroupTreeTest, FindsWhatCameAndWent) {
  file("system.slice/a.service/memory.current", "1\n");
  file("system.slice/tmp.mount/inner/memory.current", "1\n");
  mounts(kTwo);
  CgroupTree tree(host_, ".mount");
  const auto current = tree.file(Controller::memory, "memory.current");
  ASSERT_EQ(tree.walk(), 0);
  EXPECT_EQ(paths(tree), "/ /system.slice /system.slice/a.service ");
  EXPECT_EQ(tree.added().size(), 3U);
  EXPECT_FALSE(tree.groups()[1]->leaf());
  EXPECT_TRUE(tree.groups()[2]->leaf());

  file("b.scope/memory.current", "2\n");
  fs::remove_all(group("system.slice/a.service"));
  ASSERT_EQ(tree.walk(), 0);
  EXPECT_EQ(paths(tree), "/ /b.scope /system.slice ");
  ASSERT_EQ(tree.added().size(), 1U);
  EXPECT_EQ(tree.added()[0]->path(), "/b.scope");
  ASSERT_EQ(tree.removed().size(), 1U);
  EXPECT_EQ(tree.removed()[0]->path(), "/system.slice/a.service");
  EXPECT_EQ(tree.read(*tree.groups()[1], current, buffer_), 0);
  EXPECT_EQ(buffer_.text(), "2\n");

  ASSERT_EQ(tree.walk(), 0);
  EXPECT_TRUE(tree.added().empty());
  EXPECT_TRUE(tree.removed().empty());
}

TEST_F(CgroupTreeTest, AGroupMadeAnewIsReadAnew) {
  file("a/memory.current", "1\n");
  mounts(kTwo);
  CgroupTree tree(host_, "");
  const auto current = tree.file(Controller::memory, "memory.current");
  tree.walk();
  ASSERT_EQ(tree.read(*tree.groups()[1], current, buffer_), 0);
  fs::rename(group("a"), group("old"));  // keeps the first inode in use
  file("a/memory.current", "22\n");
  tree.walk();
  ASSERT_EQ(tree.groups()[1]->path(), "/a");
  ASSERT_EQ(tree.read(*tree.groups()[1], current, buffer_), 0);
  EXPECT_EQ(buffer_.text(), "22\n");
}

TEST_F(CgroupTreeTest, TheUnifiedTreeOfAHybridMachineAddsNoGroups) {
  file("memory/a/memory.stat", "");
  file("unified/a/cpu.pressure", "x");
  file("unified/services/b/cpu.pressure", "y");
  mounts(std::string(kMemory) + kUnified);
  CgroupTree tree(host_, "");
  tree.use(Controller::memory);
  const auto pressure = tree.file(Controller::unified, "cpu.pressure");
  tree.walk();
  EXPECT_EQ(paths(tree), "/ /a ");
  EXPECT_EQ(tree.read(*tree.groups()[1], pressure, buffer_), 0);
  EXPECT_EQ(buffer_.text(), "x");
  EXPECT_EQ(tree.read(*tree.groups()[0], pressure, buffer_), ENOENT);
}

TEST_F(CgroupTreeTest, WorksWithoutAnyKeptDescriptor) {
  for (int i = 0; i < 40; ++i) {
    file("slice/group" + std::to_string(i) + "/memory.current", std::to_string(i));
  }
  mounts(kTwo);
  CgroupTree tree(host_, "", {.files = 0, .dirs = 0});
  const auto current = tree.file(Controller::memory, "memory.current");
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(tree.walk(), 0);
    ASSERT_EQ(tree.groups().size(), 42U);
    for (auto* const entry : tree.groups().subspan(2)) {
      ASSERT_EQ(tree.read(*entry, current, buffer_), 0);
      EXPECT_EQ("/slice/group" + std::string(buffer_.text()), entry->path());
    }
  }
}

TEST_F(CgroupTreeTest, AWarmWalkAllocatesNothing) {
  file("slice/a/memory.current", "1");
  file("slice/b/memory.current", "1");
  mounts(kTwo);
  CgroupTree tree(host_, "");
  tree.use(Controller::memory);
  tree.walk();
  tree.walk();
  const auto before = tests::allocations();
  tree.walk();
  EXPECT_EQ(tests::allocations() - before, 0U);
}

TEST_F(CgroupTreeTest, AGroupThatVanishesAfterTheWalkIsAbsent) {
  file("a/memory.current", "1");
  mounts(kTwo);
  CgroupTree tree(host_, "");
  const auto current = tree.file(Controller::memory, "memory.current");
  tree.walk();
  fs::remove_all(group("a"));
  EXPECT_EQ(tree.read(*tree.groups()[1], current, buffer_), ENOENT);
  EXPECT_EQ(buffer_.text(), "");
}

TEST_F(CgroupTreeTest, AFileThatIsNotThereIsLookedForFromTimeToTime) {
  file("a/cgroup.procs", "");
  mounts(kTwo);
  CgroupTree tree(host_, "");
  const auto once = tree.file(Controller::cpu, "cpu.stat");
  const auto rarely = tree.file(Controller::cpu, "cpu.stat", CgroupTree::Reading::rarely);
  EXPECT_NE(once, rarely);
  ASSERT_EQ(tree.walk(), 0);
  auto& group = *tree.groups()[1];
  EXPECT_EQ(tree.read(group, once, buffer_), ENOENT);
  file("a/cpu.stat", "usage_usec 1\n");
  EXPECT_EQ(tree.read(group, rarely, buffer_), 0);
  for (int i = 0; i < CgroupTree::kLookAgain; ++i) {
    EXPECT_EQ(tree.read(group, once, buffer_), ENOENT);
  }
  EXPECT_EQ(tree.read(group, once, buffer_), 0);
  EXPECT_EQ(buffer_.text(), "usage_usec 1\n");
}

TEST_F(CgroupTreeTest, AGroupMadeAnewHasAnotherSerialAndAge) {
  file("a/cgroup.procs", "");
  file("b/cgroup.procs", "");
  mounts(kTwo);
  CgroupTree tree(host_, "");
  tree.use(Controller::cpu);
  fs::last_write_time(group("a"), fs::file_time_type::clock::now() - std::chrono::hours(5));
  ASSERT_EQ(tree.walk(), 0);
  const auto first = tree.groups()[1]->serial();
  const auto other = tree.groups()[2]->serial();
  const auto age = tree.groups()[1]->created();
  ASSERT_EQ(tree.walk(), 0);
  EXPECT_EQ(tree.groups()[1]->serial(), first);
  fs::rename(group("a"), copy_.path() / "old");
  fs::create_directories(group("a"));
  ASSERT_EQ(tree.walk(), 0);
  EXPECT_NE(tree.groups()[1]->serial(), first);
  EXPECT_GT(tree.groups()[1]->created(), age);
  EXPECT_EQ(tree.groups()[2]->serial(), other);
}

TEST_F(CgroupTreeTest, OpensFilesAndDirectoriesForOthers) {
  file("a/cgroup.procs", "5\n");
  mounts(kTwo);
  CgroupTree tree(host_, "");
  const auto processes = tree.file(Controller::cpu, "cgroup.procs");
  ASSERT_EQ(tree.walk(), 0);
  platform::Fd out;
  ASSERT_EQ(tree.open(*tree.groups()[1], processes, out), 0);
  ASSERT_EQ(buffer_.fill(out.get()), 0);
  EXPECT_EQ(buffer_.text(), "5\n");
  EXPECT_EQ(tree.open(*tree.groups()[1], Controller::cpu, out), 0);
}

}  // namespace
