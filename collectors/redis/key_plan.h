// What the options say of keys: which to look at, by name or by pattern, and what of them to show.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/options.h"
#include "platform/lua_pattern.h"

namespace exporter::redis::keys {

// One entry of a list "db3=user:*": a key's name, or a pattern for names.
struct KeyName {
  int database = 0;
  std::string text;
  bool operator==(const KeyName&) const = default;
};

// Reads a list as redis_exporter does: separated by commas, dbN= in front or else db0, percent-encoded, + for a blank.
// Throws OptionError that names `option`.
std::vector<KeyName> parse_key_list(std::string_view option, std::string_view text);

// True when `text` holds one of ?*[]^, so that it is a pattern.
bool is_pattern(std::string_view text) noexcept;

// Reads one line of CSV: fields in double quotes may hold commas, and "" for a quote. Throws OptionError likewise.
std::vector<std::string> parse_csv_line(std::string_view option, std::string_view text);

struct KeyPlan {
  // Throws OptionError.
  explicit KeyPlan(const Options& options);

  bool scans() const noexcept { return !patterns.empty() || !counts.empty() || !streams.empty() || !groups.empty(); }
  // Databases that patterns are about; key groups are about all.
  std::vector<int> databases() const;

  std::vector<KeyName> single_keys;
  std::vector<KeyName> single_streams;
  std::vector<KeyName> patterns;  // of keys
  std::vector<KeyName> counts;
  std::vector<KeyName> streams;
  std::vector<platform::LuaPattern> groups;
  std::size_t most_groups;  // of a database
  std::size_t most_series;
  std::size_t batch;
  bool values;
  bool consumers;
  bool replicas_only;
};

}  // namespace exporter::redis::keys
