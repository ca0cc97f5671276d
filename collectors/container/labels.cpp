#include "collectors/container/labels.h"

#include <algorithm>
#include <set>

#include "platform/text.h"

namespace exporter::container {
namespace {

// Adds labels to a block within its limits.
class Writer {
 public:
  Writer(LabelBlock& labels, std::size_t most) : labels_(labels), most_(most) {}

  // `name` is a label's name already, `value` not empty.
  void add(std::string_view name, std::string_view value) {
    if (value.size() > LabelRules::kMaxValue ||
        labels_.text().size() + name.size() + value.size() > LabelRules::kMaxText) {
      whole_ = false;
    } else if (!value.empty()) {
      labels_.append(name, value);
    }
  }
  void add(std::string_view prefix, std::string_view key, std::string_view value) {
    if (value.empty()) {
      return;
    }
    std::string name;
    append_sanitized_name(name, std::string(prefix).append(key));
    if (written_.find(name) != written_.end()) {
      return;
    }
    if (written_.size() >= most_ || name.size() > kMaxName) {
      whole_ = false;
      return;
    }
    add(name, value);
    written_.insert(std::move(name));
  }
  bool whole() const noexcept { return whole_; }

 private:
  static constexpr std::size_t kMaxName = 512;
  LabelBlock& labels_;
  std::size_t most_;
  std::set<std::string> written_;
  bool whole_ = true;
};

LabelRules::Place place_of(const std::string& text) {
  if (text == "series") {
    return LabelRules::Place::series;
  }
  if (text == "info") {
    return LabelRules::Place::info;
  }
  if (text == "none") {
    return LabelRules::Place::none;
  }
  throw OptionError("--container.labels: \"" + text + "\" is none of series, info and none");
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    if (const auto item = platform::trim(platform::take(text, ',')); !item.empty()) {
      result.emplace_back(item);
    }
  }
  return result;
}

platform::Filter filter_of(const Options& options, std::string_view name) {
  const auto pattern = [&](const char* end) {
    const std::string& text = options.text(std::string(name) + end);
    return text.empty() ? platform::Pattern() : platform::Pattern(text);
  };
  return {pattern("include"), pattern("exclude")};
}

LabelRules::LabelRules(const Options& options)
    : place_(place_of(options.text("container.labels"))),
      store_(options.flag("store_container_labels")),
      kept_(split_list(options.text("whitelisted_container_labels"))),
      variables_(split_list(options.text("env_metadata_whitelist"))),
      filter_(filter_of(options, "container.label-")),
      max_labels_(static_cast<std::size_t>(std::max<std::int64_t>(options.integer("container.max-labels"), 0))) {}

bool LabelRules::kept(std::string_view key) const {
  return (store_ || std::find(kept_.begin(), kept_.end(), key) != kept_.end()) && filter_.keeps(key);
}

bool LabelRules::kept_variable(std::string_view name) const {
  return std::any_of(variables_.begin(), variables_.end(),
                     [&](const std::string& prefix) { return name.starts_with(prefix); });
}

bool LabelRules::identity(const platform::ContainerFacts& facts, LabelBlock& labels) const {
  Writer writer(labels, max_labels_);
  writer.add("name", facts.name);
  writer.add("image", facts.image);
  writer.add("namespace", facts.pod_namespace);
  writer.add("pod", facts.pod);
  writer.add("container", facts.pod_container);
  return writer.whole();
}

// cAdvisor adds the restart count of Docker, Podman and CRI-O to the container's own labels.
bool LabelRules::details(const platform::ContainerFacts& facts, LabelBlock& labels) const {
  constexpr std::string_view kRestarts = "restartcount";
  Writer writer(labels, max_labels_);
  for (const auto& [key, value] : facts.labels) {
    if (kept(key)) {
      writer.add("container_label_", key, value);
    }
  }
  if (facts.restarts.value_or(0) > 0 && facts.runtime != platform::Runtime::containerd && kept(kRestarts)) {
    writer.add("container_label_", kRestarts, std::to_string(*facts.restarts));
  }
  const bool lowered = facts.runtime == platform::Runtime::docker || facts.runtime == platform::Runtime::podman;
  for (const auto& [name, value] : facts.environment) {
    if (kept_variable(name)) {
      writer.add("container_env_", lowered ? lower(name) : name, value);
    }
  }
  return writer.whole();
}

bool LabelRules::series(std::string_view path, const platform::ContainerFacts& facts, LabelBlock& labels) const {
  labels.clear();
  labels.append("id", path);
  const bool whole = identity(facts, labels);
  return (place_ != Place::series || details(facts, labels)) && whole;
}

bool LabelRules::info(std::string_view path, std::string_view unit, const platform::ContainerFacts& facts,
                      LabelBlock& labels) const {
  labels.clear();
  labels.append("id", path);
  const bool whole = identity(facts, labels);
  Writer writer(labels, max_labels_);
  writer.add("runtime", platform::to_text(facts.runtime));
  writer.add("unit", platform::unescape_unit(unit));
  return details(facts, labels) && whole && writer.whole();
}

bool LabelRules::state(std::string_view id, const platform::ContainerFacts& facts, LabelBlock& labels) const {
  labels.clear();
  labels.append("container_id", id);
  return identity(facts, labels);
}

}  // namespace exporter::container
