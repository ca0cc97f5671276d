#include "platform/dir_names.h"

#include <gtest/gtest.h>

#include "tests/support/allocations.h"
#include "tests/support/fixture.h"

namespace {

TEST(DirNames, ListsSortedAndWithoutAllocatingWhenWarm) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/loadavg");
  const auto folder = copy.path() / "names";
  std::filesystem::create_directory(folder);
  for (const char* name : {"b", "a", "with blank", "c"}) {
    tests::write_text(folder / name, "");
  }
  const platform::Dir dir(folder.string());
  platform::DirNames names;
  ASSERT_EQ(names.read(dir), 0);
  EXPECT_EQ(names.names(), (std::vector<std::string_view>{"a", "b", "c", "with blank"}));
  const auto before = tests::allocations();
  ASSERT_EQ(names.read(dir), 0);
  EXPECT_EQ(tests::allocations() - before, 0U);
  std::filesystem::remove(folder / "a");
  ASSERT_EQ(names.read(dir), 0);
  EXPECT_EQ(names.names().size(), 3U);
}

TEST(DirNames, AFolderThatIsNoneIsAnError) {
  platform::DirNames names;
  EXPECT_NE(names.read(platform::Dir("/no/such/folder")), 0);
  EXPECT_TRUE(names.names().empty());
}

}  // namespace
