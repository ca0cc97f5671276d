#include "collectors/redis/key_plan.h"

#include <algorithm>

#include "platform/text.h"

namespace exporter::redis::keys {
namespace {

[[noreturn]] void refuse(std::string_view option, const std::string& what) {
  throw OptionError("option " + std::string(option) + ": " + what);
}

int hex_digit(char c) noexcept {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

std::string decode(std::string_view option, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      refuse(option, "'" + std::string(text) + "': % begins two hexadecimal digits; write %25 for a % itself");
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::size_t at_least(const Options& options, std::string_view name, std::int64_t least) {
  const std::int64_t value = options.integer(name);
  if (value < least) {
    refuse(name, "expected " + std::to_string(least) + " or more");
  }
  return static_cast<std::size_t>(value);
}

}  // namespace

bool is_pattern(std::string_view text) noexcept { return text.find_first_of("?*[]^") != std::string_view::npos; }

std::vector<KeyName> parse_key_list(std::string_view option, std::string_view text) {
  std::vector<KeyName> names;
  while (!text.empty()) {
    const auto entry = platform::trim(platform::take(text, ','));
    std::string_view right = entry;
    std::string_view left = platform::take(right, '=');
    if (entry.find('=') == std::string_view::npos) {
      right = std::exchange(left, "db0");
    }
    if (right.find('=') != std::string_view::npos) {
      refuse(option, "'" + std::string(entry) + "': more than one =; write %3D for one in a name");
    }
    KeyName name{.database = 0, .text = decode(option, right)};
    std::string database = decode(option, left);
    if (database.empty() || name.text.empty()) {
      continue;
    }
    if (database.starts_with("db")) {
      database.erase(0, 2);
    }
    const auto number = platform::number<int>(database);
    if (!number || *number < 0) {
      refuse(option, "'" + std::string(entry) + "': expected dbN=NAME, such as db0=user:*");
    }
    name.database = *number;
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

std::vector<std::string> parse_csv_line(std::string_view option, std::string_view text) {
  std::vector<std::string> fields;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string field;
    if (text[at] == '"') {
      bool closed = false;
      for (++at; at < text.size() && !closed; ++at) {
        if (text[at] != '"') {
          field += text[at];
        } else if (at + 1 < text.size() && text[at + 1] == '"') {
          field += text[at++];
        } else {
          closed = true;
        }
      }
      if (!closed || (at < text.size() && text[at] != ',')) {
        refuse(option, closed ? "a comma is expected behind a field in quotes" : "a field in quotes does not end");
      }
    } else {
      const auto end = std::min(text.find(',', at), text.size());
      field = text.substr(at, end - at);
      at = end;
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

KeyPlan::KeyPlan(const Options& options)
    : single_keys(parse_key_list("check-single-keys", options.text("check-single-keys"))),
      single_streams(parse_key_list("check-single-streams", options.text("check-single-streams"))),
      counts(parse_key_list("count-keys", options.text("count-keys"))),
      most_groups(at_least(options, "max-distinct-key-groups", 0)),
      most_series(at_least(options, "redis.max-series", 1)),
      batch(at_least(options, "check-keys-batch-size", 1)),
      values(!options.flag("disable-exporting-key-values")),
      consumers(!options.flag("streams-exclude-consumer-metrics")),
      replicas_only(options.flag("skip-checkkeys-for-role-master")) {
  for (const auto& [option, scanned, single] :
       {std::tuple{"check-keys", &patterns, &single_keys}, {"check-streams", &streams, &single_streams}}) {
    for (auto& name : parse_key_list(option, options.text(option))) {
      auto& to = is_pattern(name.text) ? *scanned : *single;
      if (std::find(to.begin(), to.end(), name) == to.end()) {
        to.push_back(std::move(name));
      }
    }
  }
  for (auto& text : parse_csv_line("check-key-groups", options.text("check-key-groups"))) {
    const auto& added = groups.emplace_back(std::move(text));
    if (!added.error().empty()) {
      refuse("check-key-groups", "'" + added.text() + "' is no Lua pattern: " + added.error());
    }
  }
}

std::vector<int> KeyPlan::databases() const {
  std::vector<int> all;
  for (const auto* list : {&patterns, &counts, &streams}) {
    for (const auto& name : *list) {
      all.push_back(name.database);
    }
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace exporter::redis::keys
