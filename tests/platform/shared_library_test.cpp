#include "platform/shared_library.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace {

TEST(SharedLibrary, FindsWhatIsThere) {
  platform::SharedLibrary library;
  std::size_t (*length)(const char*) = nullptr;
  EXPECT_FALSE(library.find("strlen", length)) << "not open yet";
  ASSERT_EQ(library.open("libc.so.6"), "");
  ASSERT_TRUE(library.find("strlen", length));
  EXPECT_EQ(length("four"), 4U);
  EXPECT_FALSE(library.find("no_such_function", length));
  EXPECT_EQ(length, nullptr);
}

TEST(SharedLibrary, SaysWhatIsMissing) {
  platform::SharedLibrary library;
  EXPECT_NE(library.open("libnone.so.77").find("libnone.so.77"), std::string::npos);
}

}  // namespace
