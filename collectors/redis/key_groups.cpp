#include "collectors/redis/key_groups.h"

#include <algorithm>
#include <vector>

#include "collectors/redis/key_metrics.h"

namespace exporter::redis::keys {
namespace {

constexpr const MetricDesc& kCount = metric("redis_key_group_count");
constexpr const MetricDesc& kMemory = metric("redis_key_group_memory_usage_bytes");
constexpr const MetricDesc& kDistinct = metric("redis_number_of_distinct_key_groups");

}  // namespace

void KeyGroups::clear() {
  groups_.clear();
  beyond_ = {};
}

void KeyGroups::add(std::string_view key, std::optional<std::int64_t> memory, Samples& out) {
  group_.clear();
  bool found = false;
  for (const auto& pattern : patterns_) {
    const auto result = pattern.find(key, group_);
    if (result == platform::LuaPattern::Found::too_long) {
      out.problem(Problem::limit, pattern.text());
    }
    if ((found = result == platform::LuaPattern::Found::yes)) {
      break;
    }
  }
  if (!found) {
    group_ = "unclassified";
  }
  auto place = groups_.find(group_);
  if (place == groups_.end() && groups_.size() < kMostKept) {
    place = groups_.emplace(group_, Sum{}).first;
  }
  Sum& sum = place == groups_.end() ? beyond_ : place->second;
  ++sum.count;
  sum.memory += memory.value_or(0);
}

void KeyGroups::show(std::string_view db, std::size_t most, Samples& out) const {
  std::vector<const std::pair<const std::string, Sum>*> order;
  order.reserve(groups_.size());
  for (const auto& group : groups_) {
    order.push_back(&group);
  }
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return a->second.memory != b->second.memory ? a->second.memory > b->second.memory
           : a->second.count != b->second.count ? a->second.count > b->second.count
                                                : a->first < b->first;
  });
  Sum rest = beyond_;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& [name, sum] = *order[i];
    if (i < most) {
      out.add(kCount, sum.count, {db, name});
      out.add(kMemory, sum.memory, {db, name});
    } else {
      rest.count += sum.count;
      rest.memory += sum.memory;
    }
  }
  if (rest.count > 0) {
    out.add(kCount, rest.count, {db, "overflow"});
    out.add(kMemory, rest.memory, {db, "overflow"});
  }
  out.add(kDistinct, order.size(), {db});
}

}  // namespace exporter::redis::keys
