// What a collector may say: the description of a metric, one value, and label text that outlives a scrape.
//
// Format: Prometheus text exposition 0.0.4. Nothing here reads input or keeps state between scrapes.
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace exporter {

enum class MetricType : std::uint8_t { counter, gauge, untyped, histogram, summary };

// The word of a TYPE line.
std::string_view to_text(MetricType type) noexcept;

// `standard` holds a metric to today's naming rules; `legacy` admits a name that dashboards already read although it
// breaks them (a counter without _total, a gauge with it). The mark is refused where it is not needed.
enum class Naming : std::uint8_t { standard, legacy };

// Names of labels and of this program's metrics. Colons are for the metrics of others: recording rules write them.
enum class Colons : std::uint8_t { refused, allowed };

constexpr bool valid_name(std::string_view text, Colons colons = Colons::refused) noexcept {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) {
    return false;
  }
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && !(c == ':' && colons == Colons::allowed)) {
      return false;
    }
  }
  return true;
}

// A label's name in a metric's description: half the size of a string_view, since there are thousands of them in pages
// that the dynamic linker writes to.
class LabelNames {
 public:
  static constexpr std::size_t kMax = 12;

  constexpr LabelNames() = default;
  consteval LabelNames(std::initializer_list<std::string_view> names) {
    for (const auto name : names) {
      if (count_ == kMax || name.size() > 255) {
        throw "too many labels, or one too long";
      }
      texts_[count_] = name.data();
      sizes_[count_++] = static_cast<std::uint8_t>(name.size());
    }
  }
  constexpr std::size_t size() const noexcept { return count_; }
  constexpr std::string_view operator[](std::size_t index) const noexcept { return {texts_[index], sizes_[index]}; }
  // Throws std::out_of_range as std::array does.
  constexpr std::string_view at(std::size_t index) const { return {texts_.at(index), sizes_[index]}; }

 private:
  std::array<const char*, kMax> texts_{};
  std::array<std::uint8_t, kMax> sizes_{};
  std::uint8_t count_ = 0;
};

// A metric's static description. Only constant expressions make one, so a bad name, an empty help text or a counter
// without _total does not compile. Collectors keep theirs in one `constexpr MetricDesc kMetrics[]`.
struct MetricDesc {
  std::string_view name;
  std::string_view help;
  LabelNames labels;
  MetricType type;

  consteval MetricDesc(MetricType metric_type, std::string_view metric_name, std::string_view help_text,
                       std::initializer_list<std::string_view> label_names = {}, Naming naming = Naming::standard)
      : name(metric_name), help(help_text), labels(label_names), type(metric_type) {
    if (!valid_name(metric_name)) {
      throw "a metric name is [a-zA-Z_][a-zA-Z0-9_]*";
    }
    if (help_text.empty() || help_text.find('\n') != std::string_view::npos) {
      throw "help is one non-empty line";
    }
    const bool total = metric_name.ends_with("_total");
    const bool fits = (metric_type == MetricType::counter) == total || metric_type == MetricType::untyped;
    if (naming == Naming::standard && !fits) {
      throw "a counter, and only a counter, ends in _total; mark older names Naming::legacy";
    }
    if (naming == Naming::legacy && fits) {
      throw "this name keeps the rules: Naming::legacy is not needed";
    }
    for (const auto label : label_names) {
      if (!valid_name(label) || label.starts_with("__")) {
        throw "a label name is [a-zA-Z_][a-zA-Z0-9_]* and does not start with __";
      }
    }
  }
};

// One sample's value. Integers stay exact; doubles print as the shortest text that reads back equal.
class Value {
 public:
  static constexpr std::size_t kMaxText = 32;

  // Implicit on purpose: sink.add(metric, 1).  NOLINTBEGIN(google-explicit-constructor)
  constexpr Value(std::unsigned_integral auto v) noexcept : unsigned_(v), kind_(Kind::u) {}
  constexpr Value(std::signed_integral auto v) noexcept : signed_(v), kind_(Kind::i) {}
  constexpr Value(std::floating_point auto v) noexcept : double_(v), kind_(Kind::d) {}
  // NOLINTEND(google-explicit-constructor)

  // Writes at most kMaxText characters at `out` and returns their end.
  char* write(char* out) const noexcept;

 private:
  enum class Kind : std::uint8_t { u, i, d };
  union {
    std::uint64_t unsigned_;
    std::int64_t signed_;
    double double_;
  };
  Kind kind_;
};

// To tell texts apart; the same in one run of the program, and never 0. Not for texts that are meant to collide.
std::uint64_t hash_of(std::string_view text) noexcept;
constexpr std::uint64_t combine(std::uint64_t first, std::uint64_t second) noexcept {
  const std::uint64_t mixed = (first ^ (second + 0x9e3779b97f4a7c15)) * 0x9fb21c651e98df25;
  return mixed ^ (mixed >> 32);
}

// A label whose name is known only at run time. `name` must satisfy valid_name(): see sanitize_name().
struct Label {
  std::string_view name;
  std::string_view value;
};

// Appends `value` as it stands between the quotes of a label: \ " and newline escaped, each byte that is not part of
// valid UTF-8 replaced by U+FFFD.
void append_escaped(std::string& out, std::string_view value);

// The same for the text of a HELP line, in which " stands as it is.
void append_help(std::string& out, std::string_view help);

// Appends `text` with every character outside [a-zA-Z0-9_] turned into '_', and '_' in front of a leading digit.
void append_sanitized_name(std::string& out, std::string_view text);

// Label text `a="x",b="y"` rendered once. A collector keeps one per entity that outlives a scrape (device, cgroup,
// relation) and shares it among all families of that entity.
class LabelBlock {
 public:
  LabelBlock() = default;
  // `values` match the first label names of `names`, one to one.
  LabelBlock(const MetricDesc& names, std::initializer_list<std::string_view> values);
  explicit LabelBlock(std::span<const Label> labels);

  void append(std::string_view name, std::string_view value);
  void clear() noexcept {
    text_.clear();
    hash_ = 0;
  }
  std::string_view text() const noexcept { return text_; }
  // Of the text; worked out once. For one thread at a time, like the rest.
  std::uint64_t hash() const noexcept {
    if (hash_ == 0) {
      hash_ = hash_of(text_);
    }
    return hash_;
  }

 private:
  std::string text_;
  mutable std::uint64_t hash_ = 0;
};

}  // namespace exporter
