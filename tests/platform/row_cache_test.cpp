#include "platform/row_cache.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace {

// One reading of a table; the text says which number each row has, numbers being given as rows are made.
std::string read(platform::RowCache<int>& cache, int& made, std::initializer_list<std::string_view> rows) {
  std::string result;
  cache.start();
  for (const auto row : rows) {
    const int value = cache.at(row, [&] { return ++made; });
    result.append(row).append(std::to_string(value)).append(" ");
  }
  cache.finish();
  return result;
}

TEST(RowCache, KeepsWhatIsKnownWhileRowsComeMoveAndGo) {
  platform::RowCache<int> cache;
  int made = 0;
  EXPECT_EQ(read(cache, made, {"a", "b", "c"}), "a1 b2 c3 ");
  EXPECT_EQ(read(cache, made, {"a", "b", "c"}), "a1 b2 c3 ");
  EXPECT_EQ(read(cache, made, {"a", "x", "b", "c"}), "a1 x4 b2 c3 ");
  EXPECT_EQ(read(cache, made, {"c", "a", "b"}), "c3 a1 b2 ");
  EXPECT_EQ(cache.size(), 3U);
  EXPECT_EQ(read(cache, made, {"x"}), "x5 ");
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(read(cache, made, {}), "");
  EXPECT_EQ(cache.size(), 0U);
}

TEST(RowCache, TakesARowThatComesTwiceAsTwo) {
  platform::RowCache<int> cache;
  int made = 0;
  EXPECT_EQ(read(cache, made, {"a", "a"}), "a1 a2 ");
  EXPECT_EQ(read(cache, made, {"a", "a"}), "a1 a2 ");
}

}  // namespace
