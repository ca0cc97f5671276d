#include "platform/kept_rows.h"

#include <gtest/gtest.h>

#include "tests/support/allocations.h"
#include "tests/support/postgres_fixture.h"

namespace {

TEST(KeptRows, AreWhatWasCopied) {
  platform::KeptRows kept;
  EXPECT_TRUE(kept.copy(tests::TextRows("a\tbb\n1\t\\N\n\txyz\n")));
  ASSERT_EQ(kept.rows(), 2U);
  ASSERT_EQ(kept.columns(), 2U);
  EXPECT_EQ(kept.name(0), "a");
  EXPECT_EQ(kept.name(1), "bb");
  EXPECT_EQ(kept.text(0, 0), "1");
  EXPECT_TRUE(kept.null(0, 1));
  EXPECT_EQ(kept.text(0, 1), "");
  EXPECT_FALSE(kept.null(1, 0));
  EXPECT_EQ(kept.text(1, 0), "");
  EXPECT_EQ(kept.text(1, 1), "xyz");
  EXPECT_EQ(kept.find("bb"), 1U);
  EXPECT_TRUE(kept.copy(tests::TextRows("only\n")));
  EXPECT_EQ(kept.rows(), 0U);
  EXPECT_EQ(kept.columns(), 1U);
  EXPECT_TRUE(kept.copy(tests::TextRows("")));
  EXPECT_EQ(kept.columns(), 0U);
}

TEST(KeptRows, CopyAgainAllocatesNothing) {
  const tests::TextRows rows("a\tb\n1\t2\n3\t\\N\n");
  platform::KeptRows kept;
  kept.copy(rows);
  const std::size_t before = tests::allocations();
  kept.copy(rows);
  EXPECT_EQ(tests::allocations() - before, 0U);
}

}  // namespace
