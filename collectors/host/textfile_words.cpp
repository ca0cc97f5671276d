#include "collectors/host/textfile_words.h"

#include <array>
#include <charconv>
#include <cmath>

#include "platform/text.h"

namespace exporter::host::textfile {

std::string_view take_name(std::string_view& text) noexcept {
  const auto part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
  };
  std::size_t end = 0;
  while (end < text.size() && part(text[end])) {
    ++end;
  }
  const auto name = text.substr(0, end);
  text.remove_prefix(end);
  return name;
}

bool valid_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : (lead & 0xf0U) == 0xe0      ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || i + length > text.size()) {
      return false;
    }
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80) {
        return false;
      }
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f)) {
      return false;
    }
    i += length;
  }
  return true;
}

std::string label_number(double value) {
  if (std::isinf(value)) {
    return value > 0 ? "+Inf" : "-Inf";
  }
  std::array<char, 32> text{};
  char* const last = text.data() + text.size();
  char* end = std::to_chars(text.data(), last, value, std::chars_format::scientific).ptr;
  const std::string_view scientific(text.data(), static_cast<std::size_t>(end - text.data()));
  std::string_view exponent = scientific.substr(scientific.find('e') + 1);
  exponent.remove_prefix(exponent.starts_with('+') ? 1 : 0);
  const int power = platform::number<int>(exponent).value_or(0);
  if (power >= -4 && power < 6) {
    end = std::to_chars(text.data(), last, value, std::chars_format::fixed).ptr;
  }
  return {text.data(), end};
}

bool unescape(std::string_view& text, std::string& out, bool quoted) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    if (c != '\\') {
      out += c;
      continue;
    }
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (next != '\\' && next != 'n' && next != '"') {
      return false;
    }
    out += next == 'n' ? '\n' : next;
    ++i;
  }
  return !quoted;
}

}  // namespace exporter::host::textfile
