// A histogram that a collector counts itself.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "exporter/metric.h"
#include "exporter/sink.h"

namespace exporter {

// The upper bound of a bucket, as a number and as the label `le` shows it.
struct Bucket {
  double bound;
  std::string_view text;
};

// For numbers of things that wait or run.
inline constexpr std::array<Bucket, 11> kPowersOfTwo{{{0, "0"},
                                                      {1, "1"},
                                                      {2, "2"},
                                                      {4, "4"},
                                                      {8, "8"},
                                                      {16, "16"},
                                                      {32, "32"},
                                                      {64, "64"},
                                                      {128, "128"},
                                                      {256, "256"},
                                                      {512, "512"}}};

// Counts observations by bucket, cumulative since the start.
class Histogram {
 public:
  static constexpr std::size_t kMostBuckets = 12;
  // At most kMostBuckets, ascending, and outliving this; the last one, +Inf, is not among them.
  explicit Histogram(std::span<const Bucket> buckets) noexcept : buckets_(buckets) {}
  void observe(double value, std::uint64_t times = 1) noexcept;
  // `labels` has room for one more label behind the first `count`.
  void write(Sink& sink, const MetricDesc& metric, std::span<Label> labels, std::size_t count) const;

 private:
  std::span<const Bucket> buckets_;
  std::array<std::uint64_t, kMostBuckets + 1> counts_{};
  double sum_ = 0;
};

}  // namespace exporter
