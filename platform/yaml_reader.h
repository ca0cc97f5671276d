// Walks a YAML document whose mappings have known keys: the first thing that is wrong is remembered, with its place,
// and whoever reads goes on as if nothing were.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/yaml.h"

namespace platform {

// One thread at a time; `document` outlives it.
class YamlReader {
 public:
  explicit YamlReader(const YamlDocument& document) : document_(document) {}

  // The members of `node`, none when it is null.
  const std::vector<YamlMember>& members(const YamlNode& node, std::string_view what) {
    static const std::vector<YamlMember> kNone;
    if (node.is_null()) {
      return kNone;
    }
    if (!node.is_mapping()) {
      fail(node, std::string(what) + " holds key: value lines");
      return kNone;
    }
    return node.members;
  }
  std::string text(const YamlNode& node) {
    if (!node.is_scalar()) {
      fail(node, "expected a text");
    }
    return node.is_null() ? std::string() : node.text;
  }
  // The texts of a list.
  std::vector<std::string> texts(const YamlNode& node) {
    std::vector<std::string> all;
    if (!node.is_sequence() && !node.is_null()) {
      fail(node, "expected a list, as in [one, two]");
    }
    for (const auto& item : node.items) {
      all.push_back(text(item));
    }
    return all;
  }
  bool flag(const YamlNode& node) {
    const auto value = node.boolean();
    if (!value) {
      fail(node, "expected true or false");
    }
    return value.value_or(false);
  }
  void unknown(const YamlNode& key, std::string_view known) {
    fail(key, "unknown key '" + key.text + "'; known here: " + std::string(known));
  }
  void fail(const YamlNode& node, std::string_view what) {
    if (error_.empty()) {
      error_ = document_.at(node, what);
    }
  }
  // "file:line:column: what"; empty when all is well.
  const std::string& error() const noexcept { return error_; }

 private:
  const YamlDocument& document_;
  std::string error_;
};

}  // namespace platform
