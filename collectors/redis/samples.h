// Samples that are shown now, or kept to be shown with later scrapes.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/sink.h"

namespace exporter::redis {

class Samples {
 public:
  Samples() = default;
  Samples(const Samples&) = delete;
  Samples& operator=(const Samples&) = delete;
  virtual ~Samples() = default;
  virtual void add(const MetricDesc& metric, Value value, std::initializer_list<std::string_view> labels) = 0;
  virtual void problem(Problem kind, std::string_view where) = 0;
};

// Straight to the page.
class ShownSamples final : public Samples {
 public:
  explicit ShownSamples(Sink& sink) : sink_(sink) {}
  void add(const MetricDesc& metric, Value value, std::initializer_list<std::string_view> labels) override {
    sink_.add(metric, value, labels);
  }
  void problem(Problem kind, std::string_view where) override { sink_.problem(kind, where); }

 private:
  Sink& sink_;
};

// Kept in one block of text. Labels that follow each other, as those of the metrics of one key, are kept once. For one
// thread; the metrics outlive it.
class KeptSamples final : public Samples {
 public:
  void add(const MetricDesc& metric, Value value, std::initializer_list<std::string_view> labels) override;
  // Of each kind the first is kept, and the number.
  void problem(Problem kind, std::string_view where) override;
  // Room for `most` from now on.
  void clear(std::size_t most) noexcept;
  void show(Sink& sink) const;
  std::size_t size() const noexcept { return samples_.size(); }
  // Something was left out, since there are `most`.
  bool full() const noexcept { return full_; }

 private:
  static constexpr std::size_t kMaxLabels = 4;
  struct Labels {
    std::size_t begin = 0;  // in text_
    std::array<std::uint32_t, kMaxLabels> sizes{};
    std::uint8_t count = 0;
  };
  struct Sample {
    const MetricDesc* metric;
    Value value;
    std::uint32_t labels;
  };
  struct Trouble {
    std::uint32_t count = 0;
    std::string where;
  };
  bool same_labels(std::initializer_list<std::string_view> labels) const noexcept;

  std::size_t most_ = 0;
  bool full_ = false;
  std::string text_;
  std::vector<Labels> labels_;
  std::vector<Sample> samples_;
  std::array<Trouble, kProblemKinds> troubles_;
};

}  // namespace exporter::redis
