// The labels of a container, by the rules of the room's options.
//
// cAdvisor's: id, name, image, container_label_<key>, container_env_<key>; and, as the kubelet's page has them,
// namespace, pod and container. Empty ones are left out: to Prometheus they are the same as none. Keys are sanitised;
// of two that become equal the first in the order of the original keys stays.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metric.h"
#include "exporter/options.h"
#include "platform/container_facts.h"
#include "platform/regex.h"

namespace exporter::container {

// "a, b,c" as its items; blanks around them and empty ones are dropped.
std::vector<std::string> split_list(std::string_view text);

// Both patterns of an option pair, `<name>-include` and `<name>-exclude`.
platform::Filter filter_of(const Options& options, std::string_view name);

class LabelRules {
 public:
  explicit LabelRules(const Options& options);

  // Where container_label_* and container_env_* go.
  enum class Place { series, info, none };
  Place place() const noexcept { return place_; }

  // What every row of a group carries. False when a limit left something out.
  bool series(std::string_view path, const platform::ContainerFacts& facts, LabelBlock& labels) const;
  // What container_info carries. False when a limit left something out.
  bool info(std::string_view path, std::string_view unit, const platform::ContainerFacts& facts,
            LabelBlock& labels) const;

  static constexpr std::size_t kMaxValue = 8192;  // bytes of one value
  static constexpr std::size_t kMaxText = 65536;  // bytes of all labels of one container

  // What the rows of a container carry that may have no group: `id` is the runtime's.
  bool state(std::string_view id, const platform::ContainerFacts& facts, LabelBlock& labels) const;

 private:
  bool identity(const platform::ContainerFacts& facts, LabelBlock& labels) const;
  bool details(const platform::ContainerFacts& facts, LabelBlock& labels) const;
  bool kept(std::string_view key) const;
  bool kept_variable(std::string_view name) const;

  Place place_;
  bool store_;
  std::vector<std::string> kept_;
  std::vector<std::string> variables_;  // beginnings of names
  platform::Filter filter_;
  std::size_t max_labels_;
};

}  // namespace exporter::container
