// What a collector keeps about each container from scrape to scrape. A group that is made anew under its old path
// starts without anything.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace exporter::container {

// For one thread at a time.
template <class State>
class PerContainer {
 public:
  // By Cgroup::serial(); made empty when it is new. Valid until forget_unseen() drops it.
  State& of(std::uint64_t serial, std::uint64_t generation) {
    auto& entry = states_[serial];
    entry.first = generation;
    return entry.second;
  }
  State* find(std::uint64_t serial) {
    const auto found = states_.find(serial);
    return found == states_.end() ? nullptr : &found->second.second;
  }
  void forget_unseen(std::uint64_t generation) {
    std::erase_if(states_, [&](const auto& entry) { return entry.second.first != generation; });
  }

 private:
  std::unordered_map<std::uint64_t, std::pair<std::uint64_t, State>> states_;
};

}  // namespace exporter::container
