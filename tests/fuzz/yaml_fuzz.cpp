// Feeds parse_yaml() with any text. A tree must keep its limits and its promises; an error must be one line that says
// where. Each input is read twice: with duplicate keys refused, and with the last one counting.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "platform/yaml.h"

namespace {

using platform::YamlNode;

[[noreturn]] void complain(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

std::size_t check(const YamlNode& node, unsigned depth) {
  if (depth >= platform::kYamlMaxDepth) {
    complain("too deep");
  }
  if (node.line == 0 || node.column == 0) {
    complain("a node without a place");
  }
  std::size_t nodes = 1;
  for (const auto& item : node.items) {
    nodes += check(item, depth + 1);
  }
  for (const auto& member : node.members) {
    if (!member.key.is_scalar() || node.find(member.key.text) != &member.value) {
      complain("a key that is no scalar or stands twice");
    }
    nodes += 1 + check(member.value, depth + 1);
  }
  return nodes;
}

void check(std::string_view text, platform::YamlDuplicates duplicates) {
  std::string error;
  const auto document = platform::parse_yaml("f", text, error, duplicates);
  if (document) {
    if (!error.empty() || check(document->root, 0) > platform::kYamlMaxNodes) {
      complain("an error with a tree, or too many nodes");
    }
    return;
  }
  if (!error.starts_with("f:") || error.find('\n') != std::string::npos || error.find("; ") == std::string::npos) {
    complain("not an error of one line with a remedy: " + error);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, platform::YamlDuplicates::refuse);
  check(text, platform::YamlDuplicates::last_counts);
  return 0;
}
