#include "collectors/postgres/top_rows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/allocations.h"
#include "tests/support/postgres_fixture.h"

namespace {

using exporter::postgres::TopRows;
using tests::TextRows;

constexpr std::array<std::string_view, 1> kKeys{"name"};

// What is shown of these, which are name and seconds.
std::string shown(TopRows& top, const std::string& lines) {
  const TextRows rows("name\tseconds\tminor\n" + lines);
  std::string names;
  for (const auto row : top.choose(rows)) {
    names.append(rows.text(row, 0)).append(" ");
  }
  return names;
}

TEST(TopRows, TheHighestAtFirst) {
  TopRows top(3, kKeys, "seconds", "minor");
  EXPECT_EQ(shown(top, "a\t1\nb\t5\nc\t3\nd\t4\n"), "b d c ");
}

TEST(TopRows, AllWhereThereAreFew) {
  TopRows top(5, kKeys, "seconds", "minor");
  EXPECT_EQ(shown(top, "a\t1\nb\t5\n"), "b a ");
  EXPECT_EQ(shown(top, "a\t1\nb\t5\nc\t0\n"), "b a c ");
  EXPECT_EQ(shown(top, ""), "");
}

TEST(TopRows, WhatIsShownStaysWhenItFallsBehind) {
  TopRows top(4, kKeys, "seconds", "minor");
  EXPECT_EQ(shown(top, "a\t9\nb\t8\nc\t7\nd\t6\ne\t5\n"), "a b c d ");
  EXPECT_EQ(shown(top, "a\t9\nb\t8\ne\t7.5\nc\t7\nd\t6\n"), "a b c d ");
  EXPECT_EQ(shown(top, "a\t9\nb\t8\nf\t7.8\ne\t7.5\nc\t7\nd\t6\n"), "a b c d ");
}

TEST(TopRows, ANewcomerInTheUpperHalfTakesThePlaceOfTheLast) {
  TopRows top(4, kKeys, "seconds", "minor");
  shown(top, "a\t9\nb\t8\nc\t7\nd\t6\ne\t5\n");
  EXPECT_EQ(shown(top, "a\t9\ne\t8.5\nb\t8\nc\t7\nd\t6\n"), "a e b c ");
  // And d does not come back at once.
  EXPECT_EQ(shown(top, "a\t9\ne\t8.5\nb\t8\nd\t7.5\nc\t7\n"), "a e b c ");
}

TEST(TopRows, OfTheLeastOnlyThoseThatWereShownAre) {
  TopRows top(4, kKeys, "seconds", "minor");
  EXPECT_EQ(shown(top, "a\t9\t0\nb\t8\t0\nc\t1\t1\n"), "a b ");
  EXPECT_EQ(shown(top, "a\t9\t0\nb\t8\t1\nc\t1\t1\n"), "a b ");
  EXPECT_EQ(shown(top, "a\t9\t0\nc\t2\t0\n"), "a c ");
}

TEST(TopRows, WhatTheStatementNoLongerFindsLeavesItsPlace) {
  TopRows top(2, kKeys, "seconds", "minor");
  shown(top, "a\t9\nb\t8\nc\t7\n");
  EXPECT_EQ(shown(top, "a\t9\nc\t7\nd\t6\n"), "a c ");
}

class Rest : public testing::Test {
 protected:
  // `total` of all, then those found.
  double rest(const std::string& total, const std::string& lines) {
    const TextRows rows("name\tseconds\n\\N\t" + total + "\n" + lines);
    top_.choose(rows, 0);
    const std::array<std::size_t, 1> columns{1};
    return top_.add_rest(rows, 0, columns)[0];
  }
  TopRows top_{2, kKeys, "seconds", "minor"};
};

TEST_F(Rest, IsAllButWhatIsShown) {
  EXPECT_EQ(rest("100", "a\t50\nb\t30\nc\t15\n"), 20);
  EXPECT_EQ(rest("110", "a\t53\nb\t31\nc\t20\n"), 26);
}

TEST_F(Rest, NeverFallsWhenOneOfItIsShownFromNowOn) {
  EXPECT_EQ(rest("100", "a\t50\nb\t30\nc\t15\n"), 20);
  // c grew by 45 and takes the place of b; until now its growth was that of the others.
  EXPECT_EQ(rest("150", "c\t60\na\t55\nb\t30\n"), 65);
  EXPECT_EQ(rest("160", "c\t70\na\t55\nb\t30\n"), 65);
  // b, no longer shown, grows.
  EXPECT_EQ(rest("163", "c\t70\na\t55\nb\t33\n"), 68);
}

TEST_F(Rest, AResetIsNoGrowth) {
  EXPECT_EQ(rest("100", "a\t50\nb\t30\n"), 20);
  EXPECT_EQ(rest("9", "a\t5\nb\t3\n"), 20);
  EXPECT_EQ(rest("12", "a\t6\nb\t3\n"), 22);
  // Of one statement alone.
  EXPECT_EQ(rest("8", "a\t2\nb\t3\n"), 22);
}

TEST_F(Rest, AllocatesNothingWhenWarm) {
  rest("100", "a\t50\nb\t30\nc\t15\n");
  rest("100", "a\t50\nb\t30\nc\t15\n");
  const TextRows rows("name\tseconds\n\\N\t100\na\t50\nb\t30\nc\t15\n");
  const std::array<std::size_t, 1> columns{1};
  const std::size_t before = tests::allocations();
  top_.choose(rows, 0);
  top_.add_rest(rows, 0, columns);
  EXPECT_EQ(tests::allocations() - before, 0U);
}

}  // namespace
