#include "collectors/postgres/custom_query_file.h"

#include <algorithm>

#include "exporter/metric.h"
#include "exporter/options.h"
#include "platform/text.h"
#include "platform/yaml.h"

namespace exporter::postgres {
namespace {

using platform::YamlDocument;
using platform::YamlNode;

constexpr double kLongestTtl = 7.0 * 86400;

struct UsageWord {
  std::string_view word;
  Usage usage;
};
constexpr UsageWord kUsages[] = {{"LABEL", Usage::label},         {"COUNTER", Usage::counter},
                                 {"GAUGE", Usage::gauge},         {"HISTOGRAM", Usage::histogram},
                                 {"MAPPEDMETRIC", Usage::mapped}, {"DURATION", Usage::duration},
                                 {"DISCARD", Usage::discard}};

// In capitals, as files have it, or in small letters.
std::optional<Usage> usage_of(std::string_view text) {
  for (const auto& known : kUsages) {
    const bool same = std::equal(text.begin(), text.end(), known.word.begin(), known.word.end(), [](char a, char b) {
      return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
    });
    if (same) {
      return known.usage;
    }
  }
  return std::nullopt;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// Text from the file within a message.
std::string quoted(std::string_view text) {
  constexpr std::size_t kMax = 60;
  std::string result = "'";
  for (const char c : text.substr(0, kMax)) {
    result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return result.append(text.size() > kMax ? "...'" : "'");
}

// Reads one query. The first thing that is wrong ends it.
class Reader {
 public:
  Reader(const YamlDocument& document, CustomQueryFile& file) : document_(document), file_(file) {}

  // False when there is nothing to ask: the query is switched off, or wrong.
  bool read(const YamlNode& name, const YamlNode& value, CustomQueryDesc& query) {
    query.name = name.text;
    query.place = std::string(base_name(document_.file)) + ":" + std::to_string(name.line);
    if (!valid_name(query.name, Colons::allowed)) {
      return wrong(name, quoted(query.name) + " cannot begin a metric's name; use letters, digits and _ only");
    }
    if (!value.is_mapping()) {
      return wrong(value, query.name + " is no mapping; write its query: and metrics: below it, indented");
    }
    for (const auto& member : value.members) {
      if (!key(member.key, member.value, query)) {
        return false;
      }
    }
    const YamlNode* const sql = value.find("query");
    if (sql == nullptr) {
      return wrong(name, query.name + " has no statement; write it behind query:");
    }
    return !query.sql.empty() && judge(value, query);
  }

 private:
  bool wrong(const YamlNode& node, std::string_view what) {
    file_.errors.push_back(document_.at(node, what));
    return false;
  }
  void odd(const YamlNode& node, std::string_view what) { file_.warnings.push_back(document_.at(node, what)); }

  bool key(const YamlNode& key, const YamlNode& value, CustomQueryDesc& query) {
    const std::string_view name = key.text;
    if (name == "query" || name == "predicate") {
      return statement(key, value, name == "query" ? query.sql : query.predicate);
    }
    if (name == "metrics") {
      return metrics(value, query);
    }
    if (name == "labels") {
      return labels(value, query);
    }
    if (name == "ttl" || name == "cache_seconds") {
      return seconds(key, value, query.ttl);
    }
    if (name == "timeout") {
      return seconds(key, value, query.timeout);
    }
    if (name == "versions" || name == "runonserver") {
      return versions(key, value, query);
    }
    if (name == "scope") {
      return scope(value, query);
    }
    if (name == "on") {
      return server(value, query);
    }
    if (name == "master") {
      return master(value, query);
    }
    odd(key, "the key " + quoted(name) +
                 " has no meaning here; keys are query, metrics, labels, ttl, timeout, "
                 "versions, scope, on, predicate, cache_seconds, master, runonserver");
    return true;
  }

  bool text(const YamlNode& key, const YamlNode& value, std::string& out) {
    if (!value.is_scalar()) {
      return wrong(value, key.text + " is no text; put it in quotes, or behind | on lines of its own");
    }
    out = value.is_null() ? std::string() : std::string(platform::trim(value.text));
    return true;
  }

  bool statement(const YamlNode& key, const YamlNode& value, std::string& out) {
    if (!text(key, value, out)) {
      return false;
    }
    while (out.ends_with(';')) {
      out = platform::trim(std::string_view(out).substr(0, out.size() - 1));
    }
    return out.find('\0') == std::string::npos || wrong(value, key.text + " holds a zero byte; remove it");
  }

  bool seconds(const YamlNode& key, const YamlNode& value, double& out) {
    std::string duration;
    if (!text(key, value, duration)) {
      return false;
    }
    return (parse_duration(duration, out) && out >= 0 && out <= kLongestTtl) ||
           wrong(value, key.text + " is no time of up to 7 days; write it like 30s, 5m or 1h30m");
  }

  bool versions(const YamlNode& key, const YamlNode& value, CustomQueryDesc& query) {
    std::string range;
    if (!text(key, value, range)) {
      return false;
    }
    const auto problem = query.versions.parse(range);
    return problem.empty() || wrong(value, key.text + " " + problem);
  }

  bool scope(const YamlNode& value, CustomQueryDesc& query) {
    if (value.text == "server" || value.text == "database") {
      query.databases = value.text == "server" ? CustomQueryDesc::Databases::once : CustomQueryDesc::Databases::each;
      return true;
    }
    return wrong(value, "scope is one of: server, database (every database)");
  }

  bool server(const YamlNode& value, CustomQueryDesc& query) {
    if (value.text == "primary" || value.text == "standby" || value.text == "any") {
      query.server = value.text == "primary"   ? CustomQueryDesc::Server::primary
                     : value.text == "standby" ? CustomQueryDesc::Server::standby
                                               : CustomQueryDesc::Server::any;
      return true;
    }
    return wrong(value, "on is one of: primary, standby, any");
  }

  bool master(const YamlNode& value, CustomQueryDesc& query) {
    const auto on = value.boolean();
    if (!on && !value.is_null()) {
      return wrong(value, "master is true or false");
    }
    if (on.value_or(false) && query.databases == CustomQueryDesc::Databases::follow) {
      query.databases = CustomQueryDesc::Databases::once;
    }
    return true;
  }

  bool labels(const YamlNode& value, CustomQueryDesc& query) {
    if (!value.is_mapping() && !value.is_null()) {
      return wrong(value, "labels are no mapping; write them like {team: billing}");
    }
    for (const auto& member : value.members) {
      if (!valid_name(member.key.text) || member.key.text.starts_with("__")) {
        return wrong(member.key, quoted(member.key.text) + " is no name of a label; use letters, digits and _");
      }
      if (!member.value.is_scalar()) {
        return wrong(member.value, "a label's value is a text; put it in quotes");
      }
      query.labels.emplace_back(member.key.text, member.value.is_null() ? "" : member.value.text);
    }
    return true;
  }

  // A list of mappings of one key each; also a single mapping.
  bool metrics(const YamlNode& value, CustomQueryDesc& query) {
    if (value.is_mapping()) {
      return columns(value, query);
    }
    if (!value.is_sequence() && !value.is_null()) {
      return wrong(value, "metrics is no list; write a line \"- COLUMN: {usage: GAUGE}\" for each column");
    }
    for (const auto& item : value.items) {
      if (!item.is_mapping()) {
        return wrong(item, "no column with its usage; write \"- COLUMN: {usage: GAUGE}\"");
      }
      if (!columns(item, query)) {
        return false;
      }
    }
    return true;
  }

  bool columns(const YamlNode& mapping, CustomQueryDesc& query) {
    // "- relname:" and below it, not indented, "usage: ..." is another key beside the column's.
    const bool beside = mapping.members.size() > 1 && mapping.members.front().value.is_null();
    if (beside && (mapping.find("usage") != nullptr || mapping.find("description") != nullptr)) {
      return wrong(mapping.members[1].key,
                   "this belongs below " + quoted(mapping.members.front().key.text) + "; indent it by two more spaces");
    }
    for (const auto& member : mapping.members) {
      CustomColumn column;
      column.name = member.key.text;
      if (!describe(member.key, member.value, query, column)) {
        return false;
      }
      std::erase_if(query.columns, [&](const CustomColumn& other) { return other.name == column.name; });
      query.columns.push_back(std::move(column));
    }
    return true;
  }

  bool describe(const YamlNode& key, const YamlNode& value, const CustomQueryDesc& query, CustomColumn& column) {
    const YamlNode* const usage = value.is_mapping() ? value.find("usage") : &value;
    if (usage == nullptr || !usage->is_scalar() || usage->is_null()) {
      odd(key, "the column " + quoted(column.name) +
                   " has no usage and is left out; write LABEL, COUNTER, GAUGE, "
                   "HISTOGRAM, DURATION, MAPPEDMETRIC or DISCARD");
    } else if (const auto known = usage_of(usage->text)) {
      column.usage = *known;
    } else {
      odd(*usage, quoted(usage->text) + " is no usage, the column " + quoted(column.name) +
                      " is left out; write LABEL, COUNTER, GAUGE, HISTOGRAM, DURATION, MAPPEDMETRIC or DISCARD");
    }
    if (column.usage == Usage::label && column.name.starts_with("__")) {
      return wrong(key, "labels that begin with __ are Prometheus' own; give the column another name with AS");
    }
    const YamlNode* const help = value.find("description");
    column.help = help == nullptr ? std::string() : help->text;
    if (column.help.empty()) {
      column.help = "Column " + column.name + " of the user's query " + query.name + ".";
    }
    for (const auto& member : value.members) {
      const std::string_view name = member.key.text;
      if (name == "metric_mapping") {
        if (!mapping(member.value, column)) {
          return false;
        }
      } else if (name != "usage" && name != "description" && name != "pg_version") {
        odd(member.key,
            "the key " + quoted(name) + " has no meaning here; keys are usage, description, metric_mapping");
      }
    }
    return true;
  }

  bool mapping(const YamlNode& value, CustomColumn& column) {
    for (const auto& member : value.members) {
      const auto number = member.value.is_scalar() ? platform::lenient_number(member.value.text) : std::nullopt;
      if (!number) {
        return wrong(member.value, "metric_mapping gives each text a number; write it like {up: 1, down: 0}");
      }
      column.mapping.emplace_back(member.key.text, *number);
    }
    return value.is_mapping() || value.is_null() ||
           wrong(value, "metric_mapping gives each text a number; write it like {up: 1, down: 0}");
  }

  // What only the whole query shows.
  bool judge(const YamlNode& value, const CustomQueryDesc& query) {
    for (const auto& [one, other] : {std::pair("ttl", "cache_seconds"), std::pair("versions", "runonserver")}) {
      if (value.find(one) != nullptr && value.find(other) != nullptr) {
        return wrong(*value.find(other), std::string(one) + " and " + other + " say the same; leave one");
      }
    }
    const auto uses = [&](Usage usage, std::string_view name) {
      return std::any_of(query.columns.begin(), query.columns.end(), [&](const CustomColumn& column) {
        return column.usage == usage && (name.empty() || column.name == name);
      });
    };
    const bool fixed =
        std::any_of(query.labels.begin(), query.labels.end(), [](const auto& l) { return l.first == "le"; });
    if (uses(Usage::histogram, {}) && (fixed || uses(Usage::label, "le"))) {
      return wrong(value, "a histogram has a label le of its own; give the other one another name");
    }
    return true;
  }

  const YamlDocument& document_;
  CustomQueryFile& file_;
};

}  // namespace

CustomQueryFile parse_custom_queries(std::string_view file, std::string_view text) {
  CustomQueryFile result;
  std::string error;
  auto document = platform::parse_yaml(file, text, error, platform::YamlDuplicates::last_counts);
  if (document && !document->root.is_mapping() && !document->root.is_null()) {
    error = document->at(document->root, "no queries; begin with a name and a colon, and below it, indented, query:");
    document.reset();
  }
  if (!document) {
    result.whole = false;
    result.errors.push_back(std::move(error));
    return result;
  }
  result.warnings = std::move(document->warnings);
  Reader reader(*document, result);
  for (const auto& member : document->root.members) {
    CustomQueryDesc query;
    if (reader.read(member.key, member.value, query)) {
      result.queries.push_back(std::move(query));
    }
  }
  return result;
}

}  // namespace exporter::postgres
