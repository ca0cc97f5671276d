#include "platform/yaml.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "platform/yaml_events.h"

namespace platform {
namespace {

constexpr std::size_t kMaxCopied = 4 * kYamlMaxBytes;  // bytes of text, copies included

class Builder {
 public:
  Builder(std::string_view text, YamlDuplicates duplicates, YamlDocument& document, std::string& error)
      : duplicates_(duplicates), document_(document), events_(text, document, error) {}

  bool build() {
    if (!next() || !next()) {  // the stream, its first document
      return false;
    }
    if (events_.type() == YAML_STREAM_END_EVENT) {
      return true;
    }
    if (!next() || !node(document_.root, 0) || !next()) {  // the last: the document's end
      return false;
    }
    return events_.type() == YAML_STREAM_END_EVENT ||
           events_.fail_here("a second document begins; leave one in the file, without lines of \"---\" in it");
  }

 private:
  struct Weight {
    std::size_t nodes = 0;
    std::size_t bytes = 0;
  };
  struct Anchor {
    YamlNode node;
    Weight weight;
    unsigned height = 0;  // levels below the node
  };

  bool next() { return events_.next(); }

  // The node that the present event begins, and the event after it.
  bool node(YamlNode& out, unsigned depth) {
    out.line = static_cast<std::uint32_t>(events_.get().start_mark.line + 1);
    out.column = static_cast<std::uint32_t>(events_.get().start_mark.column + 1);
    if (!check_depth(depth)) {
      return false;
    }
    if (events_.type() == YAML_ALIAS_EVENT) {
      return alias(out, depth) && next();
    }
    const Weight before = weight_;
    if (!count(1, events_.type() == YAML_SCALAR_EVENT ? events_.get().data.scalar.length : 0)) {
      return false;
    }
    const std::string anchor = anchor_name();
    if (!content(out, depth)) {
      return false;
    }
    if (!anchor.empty()) {
      const Weight own{weight_.nodes - before.nodes, weight_.bytes - before.bytes};
      if (!count(own.nodes, own.bytes)) {
        return false;
      }
      anchors_[anchor] = {out, own, height(out)};
    }
    return true;
  }

  bool content(YamlNode& out, unsigned depth) {
    switch (events_.type()) {
      case YAML_SCALAR_EVENT:
        return scalar(out) && next();
      case YAML_SEQUENCE_START_EVENT:
        return known_tag(events_.get().data.sequence_start.tag) && sequence(out, depth);
      case YAML_MAPPING_START_EVENT:
        return known_tag(events_.get().data.mapping_start.tag) && mapping(out, depth);
      default:
        return events_.fail_here("a value is missing; write one here");
    }
  }

  std::string anchor_name() const {
    const auto& data = events_.get().data;
    const yaml_char_t* const name = events_.type() == YAML_SCALAR_EVENT           ? data.scalar.anchor
                                    : events_.type() == YAML_SEQUENCE_START_EVENT ? data.sequence_start.anchor
                                    : events_.type() == YAML_MAPPING_START_EVENT  ? data.mapping_start.anchor
                                                                                  : nullptr;
    return name == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(name));
  }

  bool count(std::size_t nodes, std::size_t bytes) {
    weight_.nodes += nodes;
    weight_.bytes += bytes;
    if (weight_.nodes > kYamlMaxNodes || weight_.bytes > kMaxCopied) {
      return events_.fail_here("more than this program is willing to hold; use fewer values or aliases");
    }
    return true;
  }

  bool check_depth(unsigned depth) {
    return depth < kYamlMaxDepth ||
           events_.fail_here("nested more than " + std::to_string(kYamlMaxDepth) + " deep; make it flatter");
  }

  static unsigned height(const YamlNode& node) {
    unsigned most = 0;
    for (const auto& item : node.items) {
      most = std::max(most, height(item) + 1);
    }
    for (const auto& member : node.members) {
      most = std::max(most, height(member.value) + 1);
    }
    return most;
  }

  bool alias(YamlNode& out, unsigned depth) {
    const auto found = anchors_.find(reinterpret_cast<const char*>(events_.get().data.alias.anchor));
    if (found == anchors_.end()) {
      return events_.fail_here(
          "this alias names no value before it; define it with &, or put a text that begins with * in quotes");
    }
    const auto& [node, weight, height] = found->second;
    if (!check_depth(depth + height) || !count(weight.nodes, weight.bytes)) {
      return false;
    }
    out = node;
    return true;
  }

  bool known_tag(const yaml_char_t* tag) {
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    if (tag == nullptr) {
      return true;
    }
    std::string_view name(reinterpret_cast<const char*>(tag));
    if (name == "!") {
      return true;
    }
    if (name.starts_with(kCore)) {
      name.remove_prefix(kCore.size());
      for (const std::string_view known : {"str", "int", "float", "bool", "null", "seq", "map"}) {
        if (name == known) {
          return true;
        }
      }
    }
    return events_.fail_here(
        "this tag (!...) has no meaning here; remove it, or put a text that begins with ! in quotes");
  }

  bool scalar(YamlNode& out) {
    const auto& data = events_.get().data.scalar;
    if (!known_tag(data.tag)) {
      return false;
    }
    out.text.assign(reinterpret_cast<const char*>(data.value), data.length);
    const std::string_view tag = data.tag == nullptr ? "" : reinterpret_cast<const char*>(data.tag);
    out.quoted = data.style != YAML_PLAIN_SCALAR_STYLE || tag == "!" || tag.ends_with(":str");
    return true;
  }

  bool sequence(YamlNode& out, unsigned depth) {
    out.kind = YamlNode::Kind::sequence;
    if (!next()) {
      return false;
    }
    while (events_.type() != YAML_SEQUENCE_END_EVENT) {
      if (!node(out.items.emplace_back(), depth + 1)) {
        return false;
      }
    }
    return next();
  }

  bool mapping(YamlNode& out, unsigned depth) {
    out.kind = YamlNode::Kind::mapping;
    if (!next()) {
      return false;
    }
    while (events_.type() != YAML_MAPPING_END_EVENT) {
      YamlMember& member = out.members.emplace_back();
      if (!node(member.key, depth + 1)) {
        return false;
      }
      if (!member.key.is_scalar()) {
        return events_.fail_at(member.key, "a key must be a plain text; put a text that begins with { or [ in quotes");
      }
      if (!node(member.value, depth + 1)) {
        return false;
      }
    }
    return judge_duplicates(out) && merge(out) && next();
  }

  // For a message of one line.
  static std::string short_name(std::string_view text) {
    constexpr std::size_t kMax = 80;
    std::size_t size = std::min(text.size(), kMax);
    while (size < text.size() && size > 0 && (text[size] & 0xC0) == 0x80) {
      --size;  // not within a character
    }
    std::string name(text.substr(0, size));
    std::replace_if(
        name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return name;
  }

  bool judge_duplicates(YamlNode& mapping) {
    auto& members = mapping.members;
    std::vector<std::size_t> order(members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return members[a].key.text < members[b].key.text; });
    std::vector<bool> dropped(members.size());
    for (std::size_t i = 1; i < order.size(); ++i) {
      const YamlNode& first = members[order[i - 1]].key;
      const YamlNode& second = members[order[i]].key;
      if (first.text != second.text) {
        continue;
      }
      const std::string what =
          "the key '" + short_name(first.text) + "' stands in line " + std::to_string(first.line) + " already";
      if (duplicates_ == YamlDuplicates::refuse) {
        return events_.fail_at(second, what + "; remove one");
      }
      if (document_.warnings.size() < kMaxWarnings) {
        document_.warnings.push_back(document_.at(second, what + ", this one counts; remove one"));
      }
      dropped[order[i - 1]] = true;
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!dropped[i] && kept++ != i) {
        members[kept - 1] = std::move(members[i]);
      }
    }
    members.resize(kept);
    return true;
  }

  // <<: *name, or <<: [*name, *other]: their keys, where the mapping has none of its own.
  bool merge(YamlNode& mapping) {
    const auto found = std::find_if(mapping.members.begin(), mapping.members.end(),
                                    [](const auto& m) { return m.key.text == "<<" && !m.key.quoted; });
    if (found == mapping.members.end()) {
      return true;
    }
    YamlNode value = std::move(found->value);
    mapping.members.erase(found);
    std::vector<YamlNode> sources;
    if (value.is_sequence()) {
      sources = std::move(value.items);
    } else {
      sources.push_back(std::move(value));
    }
    std::set<std::string> keys;
    for (const YamlMember& member : mapping.members) {
      keys.insert(member.key.text);
    }
    for (YamlNode& source : sources) {
      if (!source.is_mapping()) {
        return events_.fail_at(source, "<< merges mappings only; name one with *");
      }
      for (YamlMember& member : source.members) {
        if (keys.insert(member.key.text).second) {
          mapping.members.push_back(std::move(member));
        }
      }
    }
    return true;
  }

  static constexpr std::size_t kMaxWarnings = 100;

  YamlDuplicates duplicates_;
  YamlDocument& document_;
  YamlEvents events_;
  std::map<std::string, Anchor, std::less<>> anchors_;
  Weight weight_;
};

}  // namespace

std::optional<YamlDocument> parse_yaml(std::string_view file, std::string_view text, std::string& error,
                                       YamlDuplicates duplicates) {
  std::optional<YamlDocument> document(std::in_place);
  document->file = file;
  if (text.size() > kYamlMaxBytes) {
    error = document->at(1, 1, "larger than " + std::to_string(kYamlMaxBytes >> 20) + " MiB; is this the right file?");
    return std::nullopt;
  }
  if (!Builder(text, duplicates, *document, error).build()) {
    document.reset();
  }
  return document;
}

}  // namespace platform
