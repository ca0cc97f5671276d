// A configuration file in YAML as a tree to look at: YAML 1.1 as libyaml reads it, one document a file.
//
//   pg_example:
//     master: true
//     metrics: [{x: {usage: "GAUGE"}}]
//
// Aliases (*name) and merges (<<: *name) are copies of what they name, so whoever walks the tree never meets a cycle;
// how much they may copy is bounded. Scalars stay text, and their readers say what text they take. Nothing throws but
// bad_alloc. A parsed document may be read by any number of threads.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace platform {

struct YamlMember;

struct YamlNode {
  enum class Kind : std::uint8_t { scalar, sequence, mapping };

  Kind kind = Kind::scalar;
  bool quoted = false;              // a scalar that is text whatever it looks like: in quotes, or after | or >
  std::uint32_t line = 1;           // where it begins, from 1
  std::uint32_t column = 1;         // in characters, from 1
  std::string text;                 // of a scalar
  std::vector<YamlNode> items;      // of a sequence
  std::vector<YamlMember> members;  // of a mapping, in the file's order; no key comes twice

  bool is_scalar() const noexcept { return kind == Kind::scalar; }
  bool is_sequence() const noexcept { return kind == Kind::sequence; }
  bool is_mapping() const noexcept { return kind == Kind::mapping; }
  // Nothing, "~" or "null": what stands behind "key:" on a line of its own.
  bool is_null() const noexcept;
  // true, yes, on and their opposites, without quotes, in lower case, upper case or with a capital.
  std::optional<bool> boolean() const noexcept;
  // The value of a mapping's key; null when there is none, or when this is no mapping.
  const YamlNode* find(std::string_view key) const noexcept;
};

// Keys are scalars.
struct YamlMember {
  YamlNode key;
  YamlNode value;
};

struct YamlDocument {
  std::string file;                   // as given, for messages
  YamlNode root;                      // a null scalar when the file holds nothing
  std::vector<std::string> warnings;  // as errors look

  // "file:line:column: what", for whoever finds a value wrong.
  std::string at(std::size_t line, std::size_t column, std::string_view what) const;
  std::string at(const YamlNode& node, std::string_view what) const { return at(node.line, node.column, what); }
};

// A key that stands twice in a mapping is an error, or the last one counts and a warning says so.
enum class YamlDuplicates : std::uint8_t { refuse, last_counts };

inline constexpr std::size_t kYamlMaxBytes = std::size_t{1} << 20;
inline constexpr unsigned kYamlMaxDepth = 64;
inline constexpr std::size_t kYamlMaxNodes = 100'000;  // copies by aliases included

// Nothing, and one line "file:line:column: what is wrong; how to mend it", when the text is no such document. The line
// never holds a value of the file, which may be a secret.
std::optional<YamlDocument> parse_yaml(std::string_view file, std::string_view text, std::string& error,
                                       YamlDuplicates duplicates = YamlDuplicates::refuse);

}  // namespace platform
