#include "platform/summed_rows.h"

#include <gtest/gtest.h>

#include "tests/support/allocations.h"
#include "tests/support/postgres_fixture.h"

namespace {

using tests::TextRows;

TEST(SummedRows, AddUpWhatIsEqualButForTheLastColumn) {
  platform::SummedRows sums(10);
  EXPECT_TRUE(sums.add(TextRows("a\tb\tn\nx\t1\t2\nx\t\\N\t5\n")));
  EXPECT_TRUE(sums.add(TextRows("a\tb\tn\nx\t1\t40\ny\t1\t1\n")));
  ASSERT_EQ(sums.rows(), 3U);
  ASSERT_EQ(sums.columns(), 3U);
  EXPECT_EQ(sums.name(2), "n");
  EXPECT_EQ(sums.text(0, 0), "x");
  EXPECT_EQ(sums.text(0, 2), "42");
  EXPECT_EQ(sums.text(1, 1), "");
  EXPECT_EQ(sums.text(1, 2), "5");
  EXPECT_EQ(sums.text(2, 0), "y");
  EXPECT_EQ(sums.text(2, 2), "1");
}

TEST(SummedRows, CellsAreNotMistakenForTheirNeighbours) {
  platform::SummedRows sums(10);
  EXPECT_TRUE(sums.add(TextRows("a\tb\tn\nab\tc\t1\na\tbc\t1\n")));
  EXPECT_EQ(sums.rows(), 2U);
}

TEST(SummedRows, KeepNoMoreThanTheirLimit) {
  platform::SummedRows sums(2);
  EXPECT_FALSE(sums.add(TextRows("a\tn\nx\t1\ny\t1\nz\t1\n")));
  EXPECT_EQ(sums.rows(), 2U);
  EXPECT_TRUE(sums.add(TextRows("a\tn\ny\t2\n")));
  EXPECT_EQ(sums.text(1, 1), "3");
}

TEST(SummedRows, LeaveOutWhatIsNoNumberAndBeginAnewWithOtherColumns) {
  platform::SummedRows sums(2);
  EXPECT_FALSE(sums.add(TextRows("a\tn\nx\tmany\ny\t1\n")));
  ASSERT_EQ(sums.rows(), 1U);
  EXPECT_EQ(sums.text(0, 0), "y");
  EXPECT_TRUE(sums.add(TextRows("b\tn\ny\t7\n")));
  ASSERT_EQ(sums.rows(), 1U);
  EXPECT_EQ(sums.text(0, 1), "7");
  EXPECT_TRUE(sums.add(TextRows("")));
  EXPECT_EQ(sums.columns(), 0U);
}

TEST(SummedRows, AllocateNothingForRowsThatTheyKnow) {
  const TextRows rows("a\tn\na database of a rather long name\t1\ny\t1\n");
  platform::SummedRows sums(10);
  sums.add(rows);
  const std::size_t before = tests::allocations();
  sums.add(rows);
  EXPECT_EQ(tests::allocations() - before, 0U);
}

}  // namespace
