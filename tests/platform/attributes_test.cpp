#include "platform/attributes.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

TEST(LimitedFile, BeyondTheLimitAFileIsOpenedForEachReading) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  const platform::Dir dir(copy.path());
  platform::OpenFiles open_files(1);
  platform::ReadBuffer buffer;
  write_text(copy.path() / "one", "1");
  write_text(copy.path() / "two", "2");
  {
    platform::LimitedFile one(dir, "one", open_files);
    platform::LimitedFile two(dir, "two", open_files);
    EXPECT_EQ(one.read(buffer), 0);
    EXPECT_EQ(buffer.text(), "1");
    EXPECT_EQ(two.read(buffer), 0);
    EXPECT_EQ(buffer.text(), "2");
    // Replaced, not rewritten: the one that is kept open is still the old file.
    for (const auto* const name : {"one", "two"}) {
      fs::remove(copy.path() / name);
      write_text(copy.path() / name, "new");
    }
    EXPECT_EQ(one.read(buffer), 0);
    EXPECT_EQ(buffer.text(), "1");
    EXPECT_EQ(two.read(buffer), 0);
    EXPECT_EQ(buffer.text(), "new");
    platform::LimitedFile moved(std::move(one));
    EXPECT_FALSE(open_files.take());
  }
  EXPECT_TRUE(open_files.take());
  EXPECT_FALSE(open_files.take());
}

}  // namespace
}  // namespace tests
