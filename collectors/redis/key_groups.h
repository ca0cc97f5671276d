// Keys of one database added up by what their names have in common: the captures of the first pattern that matches.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "collectors/redis/samples.h"
#include "platform/lua_pattern.h"

namespace exporter::redis::keys {

// For one thread.
class KeyGroups {
 public:
  explicit KeyGroups(std::span<const platform::LuaPattern> patterns) : patterns_(patterns) {}

  void clear();
  void add(std::string_view key, std::optional<std::int64_t> memory, Samples& out);
  // The `most` groups with the most memory, the rest as "overflow", and how many there are.
  void show(std::string_view db, std::size_t most, Samples& out) const;

 private:
  static constexpr std::size_t kMostKept = 100'000;
  struct Sum {
    std::uint64_t count = 0;
    std::int64_t memory = 0;
  };
  std::span<const platform::LuaPattern> patterns_;
  std::unordered_map<std::string, Sum> groups_;
  Sum beyond_;  // of groups that are more than kMostKept
  std::string group_;
};

}  // namespace exporter::redis::keys
