// What a Lua pattern is made of: classes, sets, and where an item ends. See lua_pattern.h.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace platform::lua {

inline constexpr std::size_t kNone = std::string_view::npos;

// `c` against the class behind a '%': %a, or %A for its contrary, or the character itself.
bool in_class(unsigned char c, unsigned char name) noexcept;

// `c` against `set`, which has its brackets.
bool in_set(unsigned char c, std::string_view set) noexcept;

// Where the single-character item at `at` ends, or kNone when it does not.
std::size_t item_end(std::string_view pattern, std::size_t at) noexcept;

// Why `pattern` is none; empty when it is one.
std::string what_is_wrong(std::string_view pattern, std::size_t most_captures);

}  // namespace platform::lua
