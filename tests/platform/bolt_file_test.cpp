// The databases in fixtures/platform/bolt were written by bbolt itself, with pages of 1024 bytes: one has a branch
// page, inline buckets and an entry longer than a page.
#include "platform/bolt_file.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <random>

#include "tests/support/fixture.h"

namespace fs = std::filesystem;
using platform::BoltFile;

namespace {

constexpr const char* kName = "meta.db";
const std::string kWeb(64, 'a');

class BoltFileTest : public testing::Test {
 protected:
  BoltFileTest() : copy_(fs::path(FIXTURES) / "platform/bolt"), dir_(copy_.path().string()) {}
  // What the file says, whatever that is: to see that nothing crashes.
  void read_all() {
    BoltFile file;
    if (file.open(dir_, kName) != 0) {
      return;
    }
    std::string value;
    file.find(std::array<std::string_view, 5>{"v1", "k8s.io", "containers", kWeb, "image"}, value);
    file.each(std::array<std::string_view, 3>{"v1", "k8s.io", "containers"},
              [&](auto key, auto, bool) { value = key; });
    file.each(std::array<std::string_view, 5>{"v1", "k8s.io", "containers", kWeb, "labels"},
              [&](auto, auto text, bool) { value = text; });
  }
  tests::FixtureCopy copy_;
  platform::Dir dir_;
};

TEST_F(BoltFileTest, FindsValuesInNestedBuckets) {
  BoltFile file;
  ASSERT_EQ(file.open(dir_, kName), 0);
  std::string value;
  for (int i = 0; i < 20; ++i) {
    const std::string id = std::string(i < 10 ? 63 : 62, '0') + std::to_string(i);
    EXPECT_EQ(file.find(std::array<std::string_view, 5>{"v1", "k8s.io", "containers", id, "image"}, value), 0);
    EXPECT_EQ(value, "registry.example/image:" + std::to_string(i));
  }
  const auto label = [&](std::string_view name) {
    return file.find(std::array<std::string_view, 6>{"v1", "k8s.io", "containers", kWeb, "labels", name}, value);
  };
  EXPECT_EQ(label("io.kubernetes.pod.name"), 0);
  EXPECT_EQ(value, "web-0");
  EXPECT_EQ(label("big"), 0);
  EXPECT_EQ(value, std::string(1500, 'x'));
  EXPECT_EQ(label("absent"), ENOENT);
  EXPECT_EQ(file.find(std::array<std::string_view, 1>{"v1"}, value), ENOENT);  // a bucket is no value
  EXPECT_EQ(file.find(std::array<std::string_view, 3>{"v1", "version", "x"}, value), ENOENT);
  EXPECT_EQ(file.find(std::array<std::string_view, 2>{"v0", "x"}, value), ENOENT);
  EXPECT_EQ(file.find({}, value), ENOENT);
}

TEST_F(BoltFileTest, VisitsABucketInOrder) {
  BoltFile file;
  ASSERT_EQ(file.open(dir_, kName), 0);
  std::string keys;
  const auto visit = [&](std::string_view key, std::string_view, bool bucket) {
    keys.append(key).append(bucket ? "/ " : " ");
  };
  EXPECT_EQ(file.each(std::array<std::string_view, 1>{"v1"}, visit), 0);
  EXPECT_EQ(keys, "default/ k8s.io/ version ");
  std::size_t count = 0;
  EXPECT_EQ(file.each(std::array<std::string_view, 3>{"v1", "k8s.io", "containers"}, [&](auto...) { ++count; }), 0);
  EXPECT_EQ(count, 22U);
  EXPECT_EQ(file.each(std::array<std::string_view, 1>{"none"}, visit), ENOENT);
}

TEST_F(BoltFileTest, TheSecondMetaPageWillDo) {
  std::string text = tests::read_text(copy_.path() / kName);
  // Both meta pages hold a whole tree; without the newer one the older transaction shows.
  text[20] = '\xff';
  tests::write_text(copy_.path() / kName, text);
  BoltFile file;
  EXPECT_EQ(file.open(dir_, kName), 0);
  text[1024 + 20] = '\xff';
  tests::write_text(copy_.path() / kName, text);
  EXPECT_EQ(file.open(dir_, kName), EINVAL);
  std::string value;
  EXPECT_EQ(file.find(std::array<std::string_view, 2>{"v1", "version"}, value), ENOENT);
}

TEST_F(BoltFileTest, AChangeWhileReadingIsNoticed) {
  BoltFile file;
  ASSERT_EQ(file.open(dir_, kName), 0);
  std::string text = tests::read_text(copy_.path() / kName);
  std::string meta = text.substr(0, 1024);
  tests::write_text(copy_.path() / kName, std::string(1024, '\0') + std::string(1024, '\0') + text.substr(2048));
  std::string value;
  EXPECT_EQ(file.find(std::array<std::string_view, 2>{"v1", "version"}, value), EINVAL);
}

TEST_F(BoltFileTest, SurvivesBeingCutAtEveryByte) {
  const std::string whole = tests::read_text(copy_.path() / kName);
  const auto cut = [&](std::size_t size) {
    tests::write_text(copy_.path() / kName, std::string_view(whole).substr(0, size));
    read_all();
  };
  for (std::size_t size = 0; size < 8192; ++size) {
    cut(size);
  }
  for (std::size_t size = 8192; size < whole.size(); size += 7) {
    cut(size);
  }
}

// The meta pages are left alone, so that what follows is believed.
TEST_F(BoltFileTest, SurvivesFlippedBytes) {
  const std::string whole = tests::read_text(copy_.path() / kName);
  std::mt19937 random(4);
  for (int round = 0; round < 4000; ++round) {
    std::string text = whole;
    for (int flips = round % 8; flips >= 0; --flips) {
      // Page headers and elements are where it hurts: the first bytes of each page.
      const std::size_t page = 2 + random() % (text.size() / 1024 - 2);
      text[page * 1024 + random() % (round % 2 == 0 ? 64 : 1024)] = static_cast<char>(random());
    }
    tests::write_text(copy_.path() / kName, text);
    read_all();
  }
}

}  // namespace
