#include "collectors/postgres/databases.h"

#include <gtest/gtest.h>

namespace exporter::postgres {
namespace {

TEST(DatabaseFilter, NamesAndStars) {
  const DatabaseFilter all;
  EXPECT_TRUE(all.allows("app"));
  const DatabaseFilter some("app, shop_*,*_live*", "shop_test,app_live_*");
  EXPECT_TRUE(some.allows("app"));
  EXPECT_FALSE(some.allows("app2"));
  EXPECT_FALSE(some.allows("APP"));
  EXPECT_TRUE(some.allows("shop_"));
  EXPECT_TRUE(some.allows("shop_north"));
  EXPECT_FALSE(some.allows("shop_test"));
  EXPECT_TRUE(some.allows("x_live"));
  EXPECT_TRUE(some.allows("app_live"));
  EXPECT_FALSE(some.allows("app_live_2"));
  EXPECT_FALSE(some.allows("shop"));
  EXPECT_TRUE(some.allows(""));
  const DatabaseFilter stars("a**b*c", "");
  EXPECT_TRUE(stars.allows("abc"));
  EXPECT_TRUE(stars.allows("a1b2b3c"));
  EXPECT_FALSE(stars.allows("acb"));
}

}  // namespace
}  // namespace exporter::postgres
