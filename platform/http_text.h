// Words of HTTP that requests and replies have in common (RFC 9110, section 5.6.2).
#pragma once
#include <algorithm>
#include <string_view>

namespace platform {

// The name of a method or of a field.
inline bool http_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// A byte that may stand in a target or a value; those over 127 are somebody's UTF-8.
constexpr bool http_visible(char c) noexcept { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; }

}  // namespace platform
