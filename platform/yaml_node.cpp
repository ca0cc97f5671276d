#include <algorithm>

#include "platform/yaml.h"

namespace platform {
namespace {

// "true", "True" or "TRUE" for `word` "true".
bool is_word(std::string_view text, std::string_view word) noexcept {
  const auto upper = [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); };
  if (text == word) {
    return true;
  }
  if (text.size() != word.size() || text.empty() || text[0] != upper(word[0])) {
    return false;
  }
  const auto rest = word.substr(1);
  return text.substr(1) == rest ||
         std::equal(rest.begin(), rest.end(), text.begin() + 1, [&](char a, char b) { return upper(a) == b; });
}

}  // namespace

bool YamlNode::is_null() const noexcept {
  return is_scalar() && !quoted && (text.empty() || text == "~" || is_word(text, "null"));
}

std::optional<bool> YamlNode::boolean() const noexcept {
  if (is_scalar() && !quoted) {
    for (const std::string_view word : {"true", "yes", "on"}) {
      if (is_word(text, word)) {
        return true;
      }
    }
    for (const std::string_view word : {"false", "no", "off"}) {
      if (is_word(text, word)) {
        return false;
      }
    }
  }
  return std::nullopt;
}

const YamlNode* YamlNode::find(std::string_view key) const noexcept {
  for (const auto& member : members) {
    if (member.key.text == key) {
      return &member.value;
    }
  }
  return nullptr;
}

std::string YamlDocument::at(std::size_t line, std::size_t column, std::string_view what) const {
  std::string text(file);
  text.append(":").append(std::to_string(line)).append(":").append(std::to_string(column)).append(": ");
  return text.append(what);
}

}  // namespace platform
