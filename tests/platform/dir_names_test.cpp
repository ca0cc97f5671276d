#include "platform/dir_names.h"

#include <gtest/gtest.h>

#include "tests/support/allocations.h"
#include "tests/support/fixture.h"

namespace {

std::vector<std::string_view> texts(const platform::DirNames& names) {
  std::vector<std::string_view> result;
  for (const auto& entry : names.entries()) {
    result.push_back(entry.name);
  }
  return result;
}

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
  EXPECT_EQ(texts(names), (std::vector<std::string_view>{"a", "b", "c", "with blank"}));
  const auto before = tests::allocations();
  ASSERT_EQ(names.read(dir), 0);
  EXPECT_EQ(tests::allocations() - before, 0U);
  std::filesystem::remove(folder / "a");
  ASSERT_EQ(names.read(dir), 0);
  EXPECT_EQ(names.entries().size(), 3U);
}

TEST(DirNames, AFolderThatIsNoneIsAnError) {
  platform::DirNames names;
  EXPECT_NE(names.read(platform::Dir("/no/such/folder")), 0);
  EXPECT_TRUE(names.entries().empty());
}

TEST(DirNames, AKeptFolderIsFoundAgainWhenItWasMadeAnew) {
  const tests::FixtureCopy copy(std::filesystem::path(FIXTURES) / "host/loadavg");
  const platform::Dir base(copy.path().string());
  platform::DirNames names;
  EXPECT_EQ(names.read_kept(base, "class"), ENOENT);
  std::filesystem::create_directories(copy.path() / "class/eth0");
  ASSERT_EQ(names.read_kept(base, "class"), 0);
  EXPECT_EQ(texts(names), std::vector<std::string_view>{"eth0"});
  std::filesystem::create_directory(copy.path() / "class/eth1");
  ASSERT_EQ(names.read_kept(base, "class"), 0);
  const auto before = tests::allocations();
  ASSERT_EQ(names.read_kept(base, "class"), 0);
  EXPECT_EQ(tests::allocations() - before, 0U);
  EXPECT_EQ(texts(names), (std::vector<std::string_view>{"eth0", "eth1"}));
  std::filesystem::remove_all(copy.path() / "class");
  EXPECT_EQ(names.read_kept(base, "class"), ENOENT);
  std::filesystem::create_directories(copy.path() / "class/eth2");
  ASSERT_EQ(names.read_kept(base, "class"), 0);
  EXPECT_EQ(texts(names), std::vector<std::string_view>{"eth2"});
  EXPECT_TRUE(names.folder().exists("eth2"));
}

}  // namespace
