// Connections added up by who made them, so that the number of series does not grow with the number of connections.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace exporter::redis::clients {

struct ClientGroup {
  std::string name;
  std::string library;
  std::string user;
  std::uint64_t connections = 0;
  std::uint64_t memory = 0;  // bytes
  bool has_memory = false;   // before Redis 7 the server does not say
  std::uint64_t output = 0;  // bytes of replies not yet taken
  std::uint64_t idle = 0;    // seconds, of the quietest
};

// For one thread. A warm one allocates nothing.
class ClientGroups {
 public:
  static constexpr std::size_t kMost = 100;  // what comes beyond is one group, name and all "other"
  struct Who {
    std::string_view name, library, user;
  };

  void clear() noexcept { count_ = 0; }
  void add(Who who, std::optional<std::uint64_t> memory, std::optional<std::uint64_t> output,
           std::optional<std::uint64_t> idle) {
    ClientGroup& group = find(who);
    ++group.connections;
    group.memory += memory.value_or(0);
    group.has_memory = group.has_memory || memory;
    group.output += output.value_or(0);
    group.idle = std::max(group.idle, idle.value_or(0));
  }
  std::span<const ClientGroup> found() const noexcept { return {groups_.data(), count_}; }

 private:
  ClientGroup& find(Who who) {
    const auto end = groups_.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto found = std::find_if(groups_.begin(), end, [&](const ClientGroup& group) {
      return group.name == who.name && group.library == who.library && group.user == who.user;
    });
    if (found != end) {
      return *found;
    }
    if (count_ > kMost) {
      return groups_[kMost];
    }
    if (count_ == kMost) {
      who = {"other", "other", "other"};
    }
    if (count_ == groups_.size()) {
      groups_.emplace_back();
    }
    ClientGroup& group = groups_[count_++];
    group.name = who.name;
    group.library = who.library;
    group.user = who.user;
    group.connections = group.memory = group.output = group.idle = 0;
    group.has_memory = false;
    return group;
  }

  std::vector<ClientGroup> groups_;  // beyond count_: of earlier scrapes, for their capacity
  std::size_t count_ = 0;
};

}  // namespace exporter::redis::clients
