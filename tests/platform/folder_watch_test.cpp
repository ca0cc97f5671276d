#include "platform/folder_watch.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "tests/support/allocations.h"
#include "tests/support/host_folder.h"

namespace fs = std::filesystem;

namespace {

class FolderWatchTest : public testing::Test {
 protected:
  int look() {
    seen_.clear();
    return watch_.look([&](const std::string& name) { seen_ += "+" + name; },
                       [&](const std::string& name) { seen_ += "-" + name; });
  }
  std::string changes() {
    EXPECT_EQ(look(), 0);
    return seen_;
  }
  tests::HostFolder folder_;
  platform::FolderWatch watch_{folder_.host(), "var/c", "in", "state"};
  std::string seen_;
};

TEST_F(FolderWatchTest, TellsNewChangedAndGone) {
  EXPECT_EQ(look(), ENOENT);
  folder_.write("root/var/c/a/in/state", "1");
  folder_.write("root/var/c/b/in/state", "1");
  EXPECT_EQ(changes(), "+a+b");
  EXPECT_EQ(changes(), "");
  folder_.write("root/var/c/a/in/other", "1");
  EXPECT_EQ(changes(), "");
  folder_.write("root/var/c/a/in/state", "2");
  EXPECT_EQ(changes(), "+a");
  tests::write_text(folder_.path("root/var/c/b/in/state"), "written in place");
  EXPECT_EQ(changes(), "+b");
  fs::remove_all(folder_.path("root/var/c/a"));
  EXPECT_EQ(changes(), "-a");
  EXPECT_EQ(watch_.path("b"), "var/c/b/in/state");
  fs::remove_all(folder_.path("root/var/c"));
  EXPECT_EQ(look(), ENOENT);
  EXPECT_EQ(seen_, "-b");
}

TEST_F(FolderWatchTest, AnInnerFolderThatComesLateIsFound) {
  fs::create_directories(folder_.path("root/var/c/a"));
  EXPECT_EQ(changes(), "+a");
  EXPECT_EQ(watch_.unwatched(), 1U);
  EXPECT_EQ(changes(), "");
  folder_.write("root/var/c/a/in/state", "1");
  EXPECT_EQ(changes(), "+a");
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(watch_.unwatched(), 0U);
  folder_.write("root/var/c/a/in/state", "2");
  EXPECT_EQ(changes(), "+a");
}

TEST_F(FolderWatchTest, LostEventsMakeItLookAtEverything) {
  folder_.write("root/var/c/a/in/state", "1");
  EXPECT_EQ(changes(), "+a");
  const std::size_t limit = std::stoul(tests::read_text("/proc/sys/fs/inotify/max_queued_events"));
  for (std::size_t i = 0; i <= limit; ++i) {
    fs::rename(folder_.path("root/var/c/a/in/state"), folder_.path("root/var/c/a/in/other"));
    fs::rename(folder_.path("root/var/c/a/in/other"), folder_.path("root/var/c/a/in/state"));
  }
  fs::create_directories(folder_.path("root/var/c/b"));
  EXPECT_EQ(changes(), "+a+b");
}

TEST_F(FolderWatchTest, AQuietLookAllocatesNothing) {
  folder_.write("root/var/c/a/in/state", "1");
  look();
  look();
  const auto nothing = [](const std::string& /*name*/) {};
  const platform::FolderWatch::Visit visit = nothing;
  const std::size_t before = tests::allocations();
  EXPECT_EQ(watch_.look(visit, visit), 0);
  EXPECT_EQ(tests::allocations() - before, 0U);
}

}  // namespace
