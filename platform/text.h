// Reading kernel text: words, lines and numbers over string_view, without copies, locale or exceptions.
#pragma once
#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace platform {

// Cuts and returns what stands before `separator`; the rest stays in `text`. Without a separator it takes all.
inline std::string_view take(std::string_view& text, char separator) noexcept {
  const auto at = text.find(separator);
  const auto word = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return word;
}

// Space, or one of \t \n \v \f \r, which follow each other.
inline bool blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

inline std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && blank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

// Cuts and returns the next word of a line whose words are separated by blanks; empty at the end.
inline std::string_view word(std::string_view& text) noexcept {
  std::size_t begin = 0;
  while (begin < text.size() && blank(text[begin])) {
    ++begin;
  }
  std::size_t end = begin;
  while (end < text.size() && !blank(text[end])) {
    ++end;
  }
  const auto result = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return result;
}

// The whole text as a number; nothing for empty text, trailing characters, a value out of range, infinity or "nan".
template <class T>
std::optional<T> number(std::string_view text) noexcept {
  if constexpr (std::floating_point<T>) {
    // from_chars takes "inf" and "nan(...)" as well; every finite number ends in a digit or a point.
    if (text.empty() || (text.back() != '.' && (text.back() < '0' || text.back() > '9'))) {
      return std::nullopt;
    }
  }
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

template <std::integral T>
std::optional<T> hex_number(std::string_view text) noexcept {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
  }
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// A float as the exporters being replaced read it: also "+1", ".5", "5.", "Inf", "+Inf", "infinity" and "nan" in any
// case; no blanks, no trailing text, no signed NaN, nothing out of range, no hexadecimal.
std::optional<double> lenient_number(std::string_view text) noexcept;

}  // namespace platform
