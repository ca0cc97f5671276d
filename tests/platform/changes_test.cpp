#include "platform/changes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/dir_names.h"
#include "platform/host.h"
#include "tests/support/fixture.h"

namespace platform {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class ChangesTest : public testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
    kernel_.reset(ends[0]);
    int pipe[2];
    ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    mount_.reset(pipe[1]);
    changes_ = std::make_unique<Changes>(Fd(ends[1]), Fd(pipe[0]));
    // What was there before the first looks is not known.
    look();
    look();
  }
  std::uint64_t look(Changes::Clock::duration later = 1s) {
    now_ += later;
    changes_->look(now_);
    return changes_->number();
  }
  void event() const { ASSERT_EQ(::send(kernel_.get(), "add@/module/md", 15, 0), 15); }

  Fd kernel_;
  Fd mount_;  // its end is an event of the mount table
  std::unique_ptr<Changes> changes_;
  Changes::Clock::time_point now_;
};

TEST_F(ChangesTest, NothingComesWhileTheKernelIsSilent) {
  const std::uint64_t before = changes_->number();
  EXPECT_NE(before, 0U);
  EXPECT_EQ(look(), before);
  EXPECT_EQ(look(), before);
}

TEST_F(ChangesTest, AnEventCountsAtTwoLooks) {
  const std::uint64_t before = changes_->number();
  event();
  const std::uint64_t first = look();
  EXPECT_NE(first, before);
  const std::uint64_t second = look();
  EXPECT_NE(second, first) << "a module may have been at its beginning";
  EXPECT_EQ(look(), second);
}

TEST_F(ChangesTest, AFloodIsTakenInPieces) {
  for (int i = 0; i < 10; ++i) {
    event();
  }
  look();
  const std::uint64_t after = look();
  EXPECT_EQ(look(), after);
}

TEST_F(ChangesTest, AMountCounts) {
  const std::uint64_t before = changes_->number();
  mount_.reset();
  EXPECT_NE(look(), before);
}

TEST_F(ChangesTest, WhatComesWithoutAnEventIsFoundInTheEnd) {
  const std::uint64_t before = changes_->number();
  EXPECT_EQ(look(50s), before);
  EXPECT_NE(look(20s), before);
}

TEST_F(ChangesTest, AFixtureTellsNothing) {
  const tests::FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  const Dir dir(copy.path().string());
  Changes changes(dir, dir);
  changes.look(now_);
  EXPECT_EQ(changes.number(), 0U);
}

TEST_F(ChangesTest, TheRealKernelTellsOfADevice) {
  Host host;
  ASSERT_EQ(host.open(), "");
  host.changes->look(now_);
  host.changes->look(now_);
  const std::uint64_t before = host.changes->number();
  const Fd trigger(::open("/sys/class/mem/null/uevent", O_WRONLY | O_CLOEXEC));
  if (before == 0 || !trigger || ::write(trigger.get(), "change", 6) != 6) {
    return;  // an ordinary user, or a user namespace: there it is looked for each time
  }
  host.changes->look(now_);
  EXPECT_NE(host.changes->number(), before);
}

class FollowTest : public ChangesTest {
 protected:
  FollowTest() : copy_(fs::path(FIXTURES) / "host/loadavg"), dir_(copy_.path().string()) {}
  void SetUp() override {
    ChangesTest::SetUp();
    dir_.follow(*changes_, true);
  }
  void put(const char* path) {
    fs::create_directories((copy_.path() / path).parent_path());
    tests::write_text(copy_.path() / path, "1\n");
  }

  const tests::FixtureCopy copy_;
  Dir dir_;
  ReadBuffer buffer_;
};

TEST_F(FollowTest, AnAbsentFileIsLookedForAfterAnEvent) {
  KeptFile file(dir_, "proc/mdstat");
  EXPECT_EQ(file.read(buffer_), ENOENT);
  put("proc/mdstat");
  EXPECT_EQ(file.read(buffer_), ENOENT);
  event();
  look();
  EXPECT_EQ(file.read(buffer_), 0);
  EXPECT_EQ(buffer_.text(), "1\n");
}

TEST_F(FollowTest, AFolderIsListedAfterAnEvent) {
  DirNames names;
  KeptPresence presence(dir_, "class/net");
  EXPECT_EQ(names.read_kept(dir_, "class/net"), ENOENT);
  EXPECT_FALSE(presence.there());
  put("class/net/eth0");
  EXPECT_EQ(names.read_kept(dir_, "class/net"), ENOENT);
  event();
  look();
  EXPECT_EQ(names.read_kept(dir_, "class/net"), 0);
  EXPECT_TRUE(presence.there());
  EXPECT_EQ(names.entries().size(), 1U);
  look();  // the second that counts
  EXPECT_EQ(names.read_kept(dir_, "class/net"), 0);
  put("class/net/eth1");
  EXPECT_EQ(names.read_kept(dir_, "class/net"), 0);
  EXPECT_EQ(names.entries().size(), 1U);
  event();
  look();
  EXPECT_EQ(names.read_kept(dir_, "class/net"), 0);
  EXPECT_EQ(names.entries().size(), 2U);
}

TEST_F(FollowTest, WithoutListsOnlyAbsenceIsRemembered) {
  dir_.follow(*changes_, false);
  DirNames names;
  put("class/net/eth0");
  EXPECT_EQ(names.read_kept(dir_, "class/net"), 0);
  put("class/net/eth1");
  EXPECT_EQ(names.read_kept(dir_, "class/net"), 0);
  EXPECT_EQ(names.entries().size(), 2U);
  DirNames absent;
  EXPECT_EQ(absent.read_kept(dir_, "class/block"), ENOENT);
  put("class/block/sda");
  EXPECT_EQ(absent.read_kept(dir_, "class/block"), ENOENT);
  event();
  look();
  EXPECT_EQ(absent.read_kept(dir_, "class/block"), 0);
}

}  // namespace
}  // namespace platform
