#include "collectors/exposition_lines.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "exporter/metric.h"
#include "platform/text.h"

namespace exporter::exposition {
namespace {

constexpr std::size_t kMostLabels = 128;  // of a series: each is compared with all before it

}  // namespace

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

std::string_view take_word(std::string_view& text) noexcept {
  const auto end = std::find_if(text.begin(), text.end(), blank);
  const auto word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  return word;
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

std::string read_comment(std::string_view rest, Comment& comment) {
  comment = {};
  rest = skip_blanks(rest);
  const auto keyword = take_word(rest);
  rest = skip_blanks(rest);
  if ((keyword != "HELP" && keyword != "TYPE") || rest.empty()) {
    return {};
  }
  const auto name = take_name(rest);
  if (!valid_name(name, Colons::allowed) || (!rest.empty() && !blank(rest.front()))) {
    return "no metric name after " + std::string(keyword);
  }
  comment = {.keyword = keyword, .name = name, .text = skip_blanks(rest)};
  return {};
}

std::string take_labels(std::string_view& rest, std::vector<LabelText>& labels) {
  for (;;) {
    rest = skip_blanks(rest);
    if (rest.starts_with('}')) {
      rest.remove_prefix(1);
      return {};
    }
    const auto name = take_name(rest);
    if (!valid_name(name) || name.starts_with("__")) {
      return "bad label name";
    }
    rest = skip_blanks(rest);
    const bool equals = rest.starts_with('=');
    rest = skip_blanks(rest.substr(equals ? 1 : 0));
    if (!equals || !rest.starts_with('"')) {
      return "expected =\" after label " + std::string(name);
    }
    rest.remove_prefix(1);
    std::string value;
    if (!unescape(rest, value, true) || !valid_utf8(value)) {
      return "value of label " + std::string(name) + " is not closed, not UTF-8 or has an unknown escape";
    }
    if (std::any_of(labels.begin(), labels.end(), [&](const LabelText& other) { return other.name == name; })) {
      return "label " + std::string(name) + " twice";
    }
    if (labels.size() == kMostLabels) {
      return "more than " + std::to_string(kMostLabels) + " labels";
    }
    labels.push_back({std::string(name), std::move(value)});
    rest = skip_blanks(rest);
    if (rest.starts_with(',')) {
      rest.remove_prefix(1);
    } else if (!rest.starts_with('}')) {
      return "expected , or } after a label";
    }
  }
}

std::string take_series(std::string_view& rest, std::string_view& name, std::vector<LabelText>& labels) {
  labels.clear();
  name = take_name(rest);
  if (!valid_name(name, Colons::allowed)) {
    name = {};
    return "expected a metric name";
  }
  const bool parted = !rest.empty() && blank(rest.front());
  rest = skip_blanks(rest);
  const bool braces = rest.starts_with('{');
  if (braces) {
    rest.remove_prefix(1);
    if (auto wrong = take_labels(rest, labels); !wrong.empty()) {
      return wrong;
    }
    rest = skip_blanks(rest);
  }
  return parted || braces ? "" : "expected a blank or { after the metric name";
}

}  // namespace exporter::exposition
