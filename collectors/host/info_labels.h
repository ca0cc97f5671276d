// The labels of an info metric whose values are texts of a device that may change while it lives (a state, a firmware
// version). They are made anew only when one of them did.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metric.h"

namespace exporter::host {

// For one thread at a time.
class InfoLabels {
 public:
  // `metric` must outlive this; its labels are empty until they are set.
  explicit InfoLabels(const MetricDesc& metric) : metric_(&metric), values_(metric.labels.size()) {}

  // `label` counts the metric's labels from 0.
  void set(std::size_t label, std::string_view value) {
    if (values_[label] != value) {
      values_[label].assign(value);
      made_ = false;
    }
  }

  // Valid until the next call.
  const LabelBlock& block() {
    if (!made_) {
      block_.clear();
      for (std::size_t i = 0; i < values_.size(); ++i) {
        block_.append(metric_->labels[i], values_[i]);
      }
      made_ = true;
    }
    return block_;
  }

 private:
  const MetricDesc* metric_;
  std::vector<std::string> values_;
  LabelBlock block_;
  bool made_ = false;
};

}  // namespace exporter::host
