#include "collectors/redis/samples.h"

#include <algorithm>

namespace exporter::redis {

bool KeptSamples::same_labels(std::initializer_list<std::string_view> labels) const noexcept {
  if (labels_.empty() || labels_.back().count != labels.size()) {
    return false;
  }
  const Labels& last = labels_.back();
  std::size_t at = last.begin;
  std::size_t number = 0;
  for (const auto label : labels) {
    const std::size_t size = last.sizes.at(number++);
    if (std::string_view(text_).substr(at, size) != label) {
      return false;
    }
    at += size;
  }
  return true;
}

void KeptSamples::add(const MetricDesc& metric, Value value, std::initializer_list<std::string_view> labels) {
  if (samples_.size() >= most_ || labels.size() > kMaxLabels) {
    full_ = true;
    return;
  }
  if (!same_labels(labels)) {
    Labels& added = labels_.emplace_back();
    added.begin = text_.size();
    for (const auto label : labels) {
      added.sizes.at(added.count++) = static_cast<std::uint32_t>(label.size());
      text_ += label;
    }
  }
  samples_.push_back({&metric, value, static_cast<std::uint32_t>(labels_.size() - 1)});
}

void KeptSamples::problem(Problem kind, std::string_view where) {
  Trouble& trouble = troubles_.at(static_cast<std::size_t>(kind));
  if (trouble.count++ == 0) {
    trouble.where = where;
  }
}

void KeptSamples::clear(std::size_t most) noexcept {
  most_ = most;
  full_ = false;
  text_.clear();
  labels_.clear();
  samples_.clear();
  for (auto& trouble : troubles_) {
    trouble.count = 0;
  }
}

void KeptSamples::show(Sink& sink) const {
  for (const auto& sample : samples_) {
    const Labels& labels = labels_[sample.labels];
    std::array<std::string_view, kMaxLabels> texts{};
    std::size_t at = labels.begin;
    for (std::size_t i = 0; i < labels.count; ++i) {
      texts.at(i) = std::string_view(text_).substr(at, labels.sizes.at(i));
      at += labels.sizes.at(i);
    }
    switch (labels.count) {
      case 1:
        sink.add(*sample.metric, sample.value, {texts[0]});
        break;
      case 2:
        sink.add(*sample.metric, sample.value, {texts[0], texts[1]});
        break;
      case 3:
        sink.add(*sample.metric, sample.value, {texts[0], texts[1], texts[2]});
        break;
      default:
        sink.add(*sample.metric, sample.value, {texts[0], texts[1], texts[2], texts[3]});
        break;
    }
  }
  for (std::size_t kind = 0; kind < troubles_.size(); ++kind) {
    for (std::uint32_t i = 0; i < troubles_.at(kind).count; ++i) {
      sink.problem(static_cast<Problem>(kind), troubles_.at(kind).where);
    }
  }
}

}  // namespace exporter::redis
