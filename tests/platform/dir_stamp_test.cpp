#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "platform/dir.h"
#include "tests/support/fixture.h"

namespace {

TEST(DirStamp, ChangesWithTheFile) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/loadavg");
  const platform::Dir dir(copy.path().string());
  platform::Dir::Stamp first;
  platform::Dir::Stamp second;
  EXPECT_EQ(dir.stamp("proc/loadavg", first), 0);
  EXPECT_EQ(dir.stamp("proc/loadavg", second), 0);
  EXPECT_EQ(first, second);
  // Another file of the same size and time under the same name, as udevd leaves it.
  std::filesystem::copy_file(copy.path() / "proc/loadavg", copy.path() / "proc/new");
  std::filesystem::last_write_time(copy.path() / "proc/new",
                                   std::filesystem::last_write_time(copy.path() / "proc/loadavg"));
  std::filesystem::rename(copy.path() / "proc/new", copy.path() / "proc/loadavg");
  EXPECT_EQ(dir.stamp("proc/loadavg", second), 0);
  EXPECT_NE(first, second);
  EXPECT_EQ(dir.stamp("proc/none", second), ENOENT);
  EXPECT_EQ(second, platform::Dir::Stamp{});
}

}  // namespace
