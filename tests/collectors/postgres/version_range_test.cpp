#include "collectors/postgres/version_range.h"

#include <gtest/gtest.h>

namespace {

using exporter::postgres::VersionRange;

// The versions of a list that the range admits.
std::string admitted(std::string_view text) {
  VersionRange range;
  const auto wrong = range.parse(text);
  if (!wrong.empty()) {
    return wrong;
  }
  std::string result;
  for (const int version : {90424, 90600, 90624, 100000, 130010, 140000, 140002, 150004, 160000, 160004, 170001}) {
    if (range.admits(version)) {
      result.append(result.empty() ? "" : " ").append(std::to_string(version));
    }
  }
  return result;
}

TEST(VersionRange, ComparesMajorAndMinorReleases) {
  EXPECT_EQ(admitted(">=14 <17"), "140000 140002 150004 160000 160004");
  EXPECT_EQ(admitted(">= 14, < 16"), "140000 140002 150004");
  EXPECT_EQ(admitted(">16"), "170001");
  EXPECT_EQ(admitted("<=14"), "90424 90600 90624 100000 130010 140000 140002");
  EXPECT_EQ(admitted(">14.0 <=15.4"), "140002 150004");
  EXPECT_EQ(admitted("9.6"), "90600 90624");
  EXPECT_EQ(admitted("9"), "90424 90600 90624");
  EXPECT_EQ(admitted("=16.4 || 9.4"), "90424 160004");
  EXPECT_EQ(admitted(">=14 !=16"), "140000 140002 150004 170001");
}

TEST(VersionRange, TheFormOfSemanticVersions) {
  EXPECT_EQ(admitted(">=10.0.0"), "100000 130010 140000 140002 150004 160000 160004 170001");
  EXPECT_EQ(admitted(">=9.6.24 <14.2.0"), "90624 100000 130010 140000");
  EXPECT_EQ(admitted("<0.1.0"), "");
  EXPECT_EQ(admitted("14.x || ==9.6.x"), "90600 90624 140000 140002");
  EXPECT_EQ(admitted("14.2.0"), "140002");
}

TEST(VersionRange, ARangeThatWasNeverParsedAdmitsAll) {
  EXPECT_TRUE(VersionRange().admits(0));
  EXPECT_TRUE(VersionRange().admits(170001));
}

TEST(VersionRange, RefusesWhatIsNone) {
  for (const std::string_view text : {"", " ", "||", "14 ||", "new", ">=", "14.", ".1", "14..2", "1.2.3.4", "=>14",
                                      "14-beta", ">=14 <", "99999999999", "9.600", "-14", "1000", "x", "14.x.1"}) {
    EXPECT_EQ(admitted(text), "is no range of versions; write it like \">=14 <17\"") << text;
  }
}

}  // namespace
