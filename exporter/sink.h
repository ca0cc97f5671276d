// Where a collector writes its samples: finished exposition lines, one reused buffer per family.
//
// One Sink belongs to one collector run and is used by one thread at a time. Its buffers keep their capacity, so a warm
// scrape allocates nothing. Nothing written here can break the page: label values are escaped and cleaned, names of the
// dynamic door are checked, and what does not fit is counted as a problem.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/metric.h"
#include "exporter/shared_text.h"

namespace exporter {

// Why a sample is missing. `missing`: the file or view is not there. `denied`: no permission. `io`: reading failed.
// `parse`: text that could not be read. `limit`: more than this program is willing to hold. `deadline`: too late.
// `duplicate`: the same name and labels twice. `conflict`: a name used with another type.
enum class Problem : std::uint8_t { missing, denied, io, parse, limit, deadline, duplicate, conflict };
inline constexpr std::size_t kProblemKinds = 8;
std::string_view to_text(Problem kind) noexcept;

// A family of the dynamic door; valid as long as its Sink.
class FamilyId {
 public:
  FamilyId() = default;

 private:
  friend class Sink;
  explicit FamilyId(std::uint32_t index) : index_(index) {}
  std::uint32_t index_ = UINT32_MAX;
};

class Sink {
 public:
  // `metrics` must outlive the Sink; only these may be passed to add() by MetricDesc.
  explicit Sink(std::span<const MetricDesc> metrics);
  Sink(Sink&&) = default;
  Sink& operator=(Sink&&) = delete;
  ~Sink() = default;

  // --- samples of declared metrics -----------------------------------------------------------------------------------
  void add(const MetricDesc& metric, Value value);
  void add(const MetricDesc& metric, Value value, std::initializer_list<std::string_view> label_values);
  void add(const MetricDesc& metric, Value value, const LabelBlock& labels);
  // `labels` first, then the metric's own label names with `label_values`.
  void add(const MetricDesc& metric, Value value, const LabelBlock& labels,
           std::initializer_list<std::string_view> label_values);
  // A line of a histogram or summary: `suffix` is _bucket, _sum or _count.
  void add_part(const MetricDesc& metric, std::string_view suffix, Value value, std::span<const Label> labels);

  // --- samples of families known only at run time --------------------------------------------------------------------
  // The same name always gives the same family; type and help of the first call stay. An invalid name, or more than
  // kMaxDynamic names, is a counted problem and gives a family that swallows its samples.
  FamilyId dynamic(MetricType type, std::string_view name, std::string_view help);
  void add(FamilyId family, Value value);
  void add(FamilyId family, Value value, const LabelBlock& labels);
  void add(FamilyId family, Value value, std::span<const Label> labels);
  void add_part(FamilyId family, std::string_view suffix, Value value, std::span<const Label> labels);
  void add_part(FamilyId family, std::string_view suffix, Value value, const LabelBlock& labels);
  static constexpr std::size_t kMaxDynamic = 50000;

  // --- what went wrong -----------------------------------------------------------------------------------------------
  // Counted by kind; the first few of a scrape are kept with `where` (file, view, field) and errno for the log.
  void problem(Problem kind, std::string_view where, int error = 0) noexcept;
  // One line of any length for the log, which has it once: what the user shall mend, and how. With a kind it counts.
  void remark(std::string_view line);
  void remark(Problem kind, std::string_view line) {
    ++problems_[static_cast<std::size_t>(kind)];
    remark(line);
  }

  // --- for the scheduler and the registry ----------------------------------------------------------------------------
  struct Column {
    std::string_view name;
    std::string_view help;
    MetricType type{};
    SharedText lines;  // whole lines, each ends in '\n'
    // One for each line. The same sequence as on the last page means the same series, in the same order.
    std::vector<std::uint64_t> fingerprints;
  };
  struct Note {
    Problem kind{};
    int error = 0;
    std::array<char, 120> where{};  // NUL-terminated
  };

  // Names that begin with `prefix` are shown with `instead` in its place, which is empty or can begin a name; who
  // writes goes on using the first. Done once, before the first sample.
  void rename(std::string_view prefix, std::string_view instead);
  // Label text put in front of every sample's labels (`target="..."`); empty for none.
  void set_constant_labels(std::string_view label_text);
  // For labels whose names come from data: a name must not stand twice in a line.
  std::string_view constant_labels() const noexcept { return constant_; }
  // What is written here was named by others: where a family has another type on this page already, its samples are
  // left out, and what we write ourselves always comes first. Its dynamic families may change their types. Before the
  // first sample.
  void set_foreign() noexcept { foreign_ = true; }
  bool foreign() const noexcept { return foreign_; }
  // Forgets samples and problems of the last scrape; families and capacity stay.
  void clear();
  // Forgets the samples only: what a failed run wrote is not shown.
  void drop_samples();
  std::span<const std::unique_ptr<Column>> columns() const noexcept { return columns_; }
  std::span<const Note> notes() const noexcept { return {notes_.data(), note_count_}; }
  std::span<const std::string> remarks() const noexcept { return {remarks_.data(), remark_count_}; }
  const std::array<std::uint32_t, kProblemKinds>& problems() const noexcept { return problems_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  std::string_view shown(std::string_view name);
  Column* begin(const MetricDesc& metric, std::string_view suffix);
  Column* begin(FamilyId family, std::string_view suffix);
  void add_values(const MetricDesc& metric, Value value, std::string_view labels, std::uint64_t fingerprint,
                  std::initializer_list<std::string_view> label_values);
  void line(Column* column, std::string_view suffix, const LabelBlock* block, Value value);
  void line(Column* column, std::string_view suffix, std::span<const Label> labels, Value value);

  std::span<const MetricDesc> metrics_;
  std::vector<std::unique_ptr<Column>> columns_;     // the declared ones first, in their order
  std::vector<std::unique_ptr<std::string>> texts_;  // names and helps of dynamic families, and names that were changed
  std::string prefix_;
  std::string instead_;
  std::unordered_map<std::string_view, std::uint32_t, Hash, std::equal_to<>> dynamic_;
  std::string constant_;
  std::uint64_t constant_hash_ = 0;
  bool foreign_ = false;
  std::array<std::uint32_t, kProblemKinds> problems_{};
  std::array<Note, 8> notes_{};
  std::size_t note_count_ = 0;
  std::vector<std::string> remarks_;  // beyond remark_count_: those of the last scrape, for their capacity
  std::size_t remark_count_ = 0;
};

}  // namespace exporter
