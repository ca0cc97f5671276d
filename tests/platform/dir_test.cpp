#include "platform/dir.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/host.h"
#include "tests/support/allocations.h"
#include "tests/support/fixture.h"

namespace platform {
namespace {

namespace fs = std::filesystem;

class DirTest : public testing::Test {
 protected:
  DirTest() {
    fs::create_directories(folder() / "net");
    tests::write_text(folder() / "net/dev", "eth0: 1\n");
  }
  fs::path folder() const { return copy_.path(); }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/loadavg/proc"};
  const Dir dir_{copy_.path().string()};
  ReadBuffer buffer_;
};

TEST_F(DirTest, ReadsFilesBelowIt) {
  EXPECT_EQ(dir_.read("net/dev", buffer_), 0);
  EXPECT_EQ(buffer_.text(), "eth0: 1\n");
  EXPECT_EQ(dir_.read("nothing", buffer_), ENOENT);
  EXPECT_EQ(buffer_.text(), "");
  EXPECT_EQ(dir_.read("net", buffer_), EISDIR);
  EXPECT_TRUE(dir_.exists("net/dev"));
  EXPECT_FALSE(dir_.exists("net/nothing"));
}

TEST_F(DirTest, ReadsFilesLargerThanItsBuffer) {
  std::string large;
  while (large.size() < 100000) {
    large += "line " + std::to_string(large.size()) + "\n";
  }
  tests::write_text(folder() / "large", large);
  EXPECT_EQ(dir_.read("large", buffer_), 0);
  EXPECT_EQ(buffer_.text(), large);
}

TEST_F(DirTest, ListsAndOpensDirectories) {
  std::vector<std::string> names;
  EXPECT_EQ(dir_.list(".", names), 0);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"loadavg", "net"}));
  EXPECT_EQ(dir_.list("nothing", names), ENOENT);
  Dir net;
  EXPECT_EQ(dir_.open_dir("net", net), 0);
  EXPECT_EQ(net.read("dev", buffer_), 0);
  EXPECT_EQ(dir_.open_dir("net/dev", net), ENOTDIR);
  EXPECT_FALSE(net.valid());
}

TEST_F(DirTest, ReadsLinksWithoutFollowingThem) {
  fs::create_symlink("../driver/virtio", folder() / "driver");
  std::string target;
  EXPECT_EQ(dir_.link("driver", target), 0);
  EXPECT_EQ(target, "../driver/virtio");
  EXPECT_EQ(dir_.link("net", target), EINVAL);
  EXPECT_EQ(target, "");
}

TEST_F(DirTest, DoesNotHangOnAFifo) {
  ASSERT_EQ(::mkfifo((folder() / "fifo").c_str(), 0600), 0);
  EXPECT_NE(dir_.read("fifo", buffer_), 0);
}

TEST_F(DirTest, AKeptFileSeesChangesAndAllocatesNothing) {
  KeptFile file(dir_, "net/dev");
  EXPECT_EQ(file.read(buffer_), 0);
  tests::write_text(folder() / "net/dev", "eth0: 2\n");
  const std::size_t before = tests::allocations();
  EXPECT_EQ(file.read(buffer_), 0);
  EXPECT_EQ(tests::allocations() - before, 0U);
  EXPECT_EQ(buffer_.text(), "eth0: 2\n");
  EXPECT_EQ(file.read_once(buffer_), 0);
  EXPECT_EQ(buffer_.text(), "eth0: 2\n");
}

TEST_F(DirTest, AKeptFileOpensAgainOnceItIsThere) {
  KeptFile file(dir_, "later");
  EXPECT_EQ(file.read(buffer_), ENOENT);
  tests::write_text(folder() / "later", "now\n");
  EXPECT_EQ(file.read(buffer_), 0);
  EXPECT_EQ(buffer_.text(), "now\n");
}

// A process that ended: the kept descriptor gives ESRCH, the new one is not there.
TEST(KeptFile, NoticesThatItsProcessIsGone) {
  Host host;
  ASSERT_EQ(host.open(), "");
  ReadBuffer buffer;
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  KeptFile file(host.proc, std::to_string(child) + "/stat");
  EXPECT_EQ(file.read(buffer), 0);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(file.read(buffer), ENOENT);
  EXPECT_EQ(buffer.text(), "");
}

TEST(Host, SaysWhichPathIsWrong) {
  Host host;
  host.sysfs = "/nonexistent";
  const std::string wrong = host.open();
  EXPECT_NE(wrong.find("/nonexistent: No such file"), std::string::npos) << wrong;
  EXPECT_NE(wrong.find("--path.sysfs"), std::string::npos) << wrong;
}

}  // namespace
}  // namespace platform
