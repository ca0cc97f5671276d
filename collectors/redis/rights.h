// What the module sends to servers under given options, as their rules (ACL) name it: one table in rights.cpp, which
// tests/collectors/redis/rights_test.cpp holds against what is really sent.
#pragma once
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "collectors/redis/command.h"
#include "exporter/collector.h"

namespace exporter::redis {

struct Rights {
  std::set<std::string, std::less<>> commands;  // "config|get"
  // Commands that are not known to all servers, which refuse rules about them; and which servers know them.
  std::map<std::string, std::string_view, std::less<>> newer;
  std::set<std::string, std::less<>> keys;  // patterns of keys that are read
};

// For servers of this mode. Throws OptionError.
Rights rights_of(const Options& options, std::span<const CollectorSpec* const> enabled, Mode mode);

// The lines for redis-cli that make a user with these rights and no others.
Grants grants_of(const Options& options, std::span<const CollectorSpec* const> enabled);

}  // namespace exporter::redis
