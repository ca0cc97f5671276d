#include "collectors/histogram.h"

namespace exporter {

void Histogram::observe(double value, std::uint64_t times) noexcept {
  std::size_t place = 0;
  while (place < buckets_.size() && value > buckets_[place].bound) {
    ++place;
  }
  counts_[place] += times;
  sum_ += value * static_cast<double>(times);
}

void Histogram::write(Sink& sink, const MetricDesc& metric, std::span<Label> labels, std::size_t count) const {
  std::uint64_t sum = 0;
  const auto bucket = labels.first(count + 1);
  for (std::size_t i = 0; i <= buckets_.size(); ++i) {
    sum += counts_[i];
    bucket[count] = {"le", i == buckets_.size() ? "+Inf" : buckets_[i].text};
    sink.add_part(metric, "_bucket", sum, bucket);
  }
  sink.add_part(metric, "_sum", sum_, labels.first(count));
  sink.add_part(metric, "_count", sum, labels.first(count));
}

}  // namespace exporter
