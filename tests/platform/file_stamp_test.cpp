#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "platform/file_stamp.h"
#include "tests/support/fixture.h"

namespace {

TEST(FileStamp, ChangesWithTheFile) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/loadavg");
  const platform::Dir dir(copy.path().string());
  platform::FileStamp first;
  platform::FileStamp second;
  EXPECT_EQ(stamp_of(dir, "proc/loadavg", first), 0);
  EXPECT_EQ(stamp_of(dir, "proc/loadavg", second), 0);
  EXPECT_EQ(first, second);
  // Another file of the same size and time under the same name, as udevd leaves it.
  std::filesystem::copy_file(copy.path() / "proc/loadavg", copy.path() / "proc/new");
  std::filesystem::last_write_time(copy.path() / "proc/new",
                                   std::filesystem::last_write_time(copy.path() / "proc/loadavg"));
  std::filesystem::rename(copy.path() / "proc/new", copy.path() / "proc/loadavg");
  EXPECT_EQ(stamp_of(dir, "proc/loadavg", second), 0);
  EXPECT_NE(first, second);
  EXPECT_EQ(stamp_of(dir, "proc/none", second), ENOENT);
  EXPECT_EQ(second, platform::FileStamp{});
}

}  // namespace
