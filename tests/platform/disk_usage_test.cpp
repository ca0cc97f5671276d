#include "platform/disk_usage.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "tests/support/fixture.h"

namespace fs = std::filesystem;

namespace {

class DiskUsageTest : public testing::Test {
 protected:
  DiskUsageTest() : copy_(fs::path(FIXTURES) / "host/loadavg"), root_(copy_.path().string()) {
    fs::create_directories(copy_.path() / "layer/deep/deeper");
    tests::write_text(copy_.path() / "layer/one", std::string(10000, 'x'));
    tests::write_text(copy_.path() / "outside", std::string(10000, 'x'));
  }
  int add(const std::function<bool()>& go_on = [] { return true; }) {
    platform::Fd folder;
    total_ = {};
    const int error = platform::open_below(root_, "/layer", folder);
    return error != 0 ? error : usage_.add(folder, go_on, total_);
  }
  const tests::FixtureCopy copy_;
  platform::Dir root_;
  platform::DiskUsage usage_;
  platform::DiskUsage::Total total_;
};

TEST_F(DiskUsageTest, CountsInodesOnceAndFollowsNoLink) {
  ASSERT_EQ(add(), 0);
  const auto before = total_;
  EXPECT_EQ(before.inodes, 4U);
  EXPECT_GE(before.bytes, 10000U);
  fs::create_hard_link(copy_.path() / "layer/one", copy_.path() / "layer/deep/deeper/two");
  fs::create_symlink(copy_.path() / "outside", copy_.path() / "layer/link");
  fs::create_directory_symlink(copy_.path(), copy_.path() / "layer/deep/up");
  ASSERT_EQ(add(), 0);
  EXPECT_EQ(total_.inodes, 6U);
  EXPECT_LT(total_.bytes, before.bytes + 10000);
}

TEST_F(DiskUsageTest, CanBeStopped) {
  EXPECT_EQ(add([] { return false; }), ECANCELED);
}

TEST_F(DiskUsageTest, NoLinkLeadsOutOfTheRoot) {
  platform::Fd folder;
  EXPECT_EQ(platform::open_below(root_, "/missing", folder), ENOENT);
  fs::create_directory_symlink("/", copy_.path() / "link");
  EXPECT_EQ(platform::open_below(root_, "/link/etc", folder), ELOOP);
  EXPECT_NE(platform::open_below(root_, "/../../etc", folder), 0);
  EXPECT_EQ(platform::open_below(root_, "/", folder), 0);
}

}  // namespace
