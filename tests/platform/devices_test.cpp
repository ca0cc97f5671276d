#include "platform/devices.h"

#include <gtest/gtest.h>

#include "platform/attributes.h"
#include "platform/text.h"
#include "tests/support/allocations.h"
#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
constexpr const char* kNames[] = {"mtu", "queue/depth", "speed"};

class DevicesTest : public testing::Test {
 protected:
  void device(const char* name, std::string_view mtu) {
    fs::create_directories(copy_.path() / "class" / name / "queue");
    tests::write_text(copy_.path() / "class" / name / "mtu", mtu);
  }
  std::string walk() {
    std::string seen;
    const int error = devices_.each([](std::string_view name) { return name != "lo"; },
                                    [&](std::string_view, platform::Dir&& folder) {
                                      ++made_;
                                      return platform::Attributes(std::move(folder), kNames, open_files_);
                                    },
                                    [&](std::string_view name, platform::Attributes& device) {
                                      const int problem = device.read(0, buffer_);
                                      seen.append(name).append("=");
                                      seen.append(problem == 0 ? platform::trim(buffer_.text()) : "?").append(" ");
                                    });
    return error == 0 ? seen : "error";
  }

  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/loadavg"};
  const platform::Dir base_{copy_.path().string()};
  platform::OpenFiles open_files_{2};
  platform::ReadBuffer buffer_;
  platform::Devices<platform::Attributes> devices_{base_, "class"};
  int made_ = 0;
};

TEST_F(DevicesTest, ComeAndGo) {
  EXPECT_EQ(walk(), "error");
  EXPECT_TRUE(devices_.none());
  device("eth0", "1500\n");
  device("lo", "1\n");
  tests::write_text(copy_.path() / "class/a_file", "");
  EXPECT_EQ(walk(), "eth0=1500 ");
  EXPECT_EQ(walk(), "eth0=1500 ");
  EXPECT_EQ(made_, 1);
  device("dummy0", "9000\n");
  EXPECT_EQ(walk(), "dummy0=9000 eth0=1500 ");
  EXPECT_EQ(made_, 2);
  fs::remove_all(copy_.path() / "class/eth0");
  EXPECT_EQ(walk(), "dummy0=9000 ");
  EXPECT_FALSE(devices_.none());
}

TEST_F(DevicesTest, ADeviceMadeAnewUnderItsNameIsANewOne) {
  device("eth0", "1500\n");
  EXPECT_EQ(walk(), "eth0=1500 ");
  fs::rename(copy_.path() / "class/eth0", copy_.path() / "gone");
  device("eth0", "1400\n");
  EXPECT_EQ(walk(), "eth0=1400 ");
  EXPECT_EQ(made_, 2);
}

TEST_F(DevicesTest, KeepsFilesOpenUpToTheLimitAndReadsTheOthersAllTheSame) {
  for (const char* name : {"eth0", "eth1", "eth2"}) {
    device(name, "1500\n");
  }
  EXPECT_EQ(walk(), "eth0=1500 eth1=1500 eth2=1500 ");
  for (const char* name : {"eth0", "eth1", "eth2"}) {
    device(name, "9000\n");
  }
  EXPECT_EQ(walk(), "eth0=9000 eth1=9000 eth2=9000 ");
  EXPECT_FALSE(open_files_.take());
  fs::remove_all(copy_.path() / "class/eth0");
  walk();
  EXPECT_TRUE(open_files_.take()) << "a device that goes gives its descriptors back";
}

TEST_F(DevicesTest, AttributesThatAreAbsentAreLookedForFromTimeToTime) {
  device("eth0", "1500\n");
  platform::Dir folder;
  ASSERT_EQ(base_.open_dir("class/eth0", folder), 0);
  platform::Attributes attributes(std::move(folder), kNames, open_files_);
  EXPECT_EQ(attributes.read(1, buffer_), ENOENT);
  EXPECT_TRUE(platform::no_value(ENOENT));
  tests::write_text(copy_.path() / "class/eth0/queue/depth", "64\n");
  int tries = 1;
  while (attributes.read(1, buffer_) != 0 && tries < 100) {
    ++tries;
  }
  EXPECT_EQ(buffer_.text(), "64\n");
  EXPECT_GT(tries, 8);
  EXPECT_LT(tries, 64);
}

TEST_F(DevicesTest, AWarmWalkAllocatesNothing) {
  device("eth0", "1500\n");
  const auto count = [&] {
    std::size_t seen = 0;
    devices_.each(
        [&](std::string_view, platform::Dir&& folder) {
          return platform::Attributes(std::move(folder), kNames, open_files_);
        },
        [&](std::string_view, platform::Attributes& device) { seen += device.read(0, buffer_) == 0 ? 1 : 0; });
    return seen;
  };
  EXPECT_EQ(count(), 1U);
  const auto before = tests::allocations();
  EXPECT_EQ(count(), 1U);
  EXPECT_EQ(tests::allocations() - before, 0U);
}

}  // namespace
