#include "platform/base64.h"

#include <gtest/gtest.h>

namespace platform {
namespace {

TEST(Base64, AsInTheRfc) {
  const std::pair<std::string_view, std::string_view> pairs[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfd", "//79"}};
  for (const auto& [bytes, text] : pairs) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(base64_decoded(text), bytes);
  }
}

TEST(Base64, WhatIsNone) {
  for (const std::string_view text : {"Z", "Zg=", "Zg", "Z===", "=g==", "Zm9v\n", " Zm9", "Zm-v", "Zg==Zg=="}) {
    EXPECT_EQ(base64_decoded(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace platform
