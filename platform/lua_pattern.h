// Patterns of Lua's string.find (https://www.lua.org/manual/5.1/manual.html#5.4.1): %a and the other classes, [sets],
// * + - ?, ^ and $, (captures), %1, %b() and %f[set]. Bytes are what they are in the C locale.
//
// A match ends after a bounded number of steps, whatever pattern and text are. Thread-safe.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace platform {

class LuaPattern {
 public:
  static constexpr std::size_t kMaxCaptures = 32;
  static constexpr std::uint32_t kMaxSteps = 100000;  // of one find()

  explicit LuaPattern(std::string text);

  // What is wrong with the text; empty when it is a pattern. A bad one matches nothing.
  const std::string& error() const noexcept { return error_; }
  const std::string& text() const noexcept { return text_; }

  // too_long: given up after kMaxSteps, or nested too deeply.
  enum class Found : std::uint8_t { no, yes, too_long };
  // The first match anywhere in `text`. Its captures, one after the other, are appended to `captures`; a position
  // capture () is its number, from 1.
  Found find(std::string_view text, std::string& captures) const;

 private:
  std::string text_;
  std::string error_;
};

}  // namespace platform
