// The page of an application beside us, read strictly and written into a Sink as samples of ours.
//
// Text exposition 0.0.4 and OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/). What is wrong
// with a line costs its family, the rest stays; what cannot be a whole page costs the page. Samples have the names that
// Prometheus would give them. Exemplars, units and timestamps are left out; a sample whose timestamp is older than five
// minutes or ten minutes ahead is no present value and is left out itself.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collectors/exposition_lines.h"
#include "collectors/merge/kinds.h"
#include "exporter/collector.h"

namespace exporter::merge {

// Lives as long as its endpoint and writes into one Sink all its life; one thread at a time. From one scrape to the
// next a page differs in its values, so a warm read compares lines with those before, parses numbers and allocates
// nothing.
class Page {
 public:
  explicit Page(const Environment& environment);

  // Returns an empty text, or why nothing on the page is good: then nothing is written but problems. `now`: seconds
  // since 1970.
  std::string read(std::string_view text, Format format, double now, Sink& sink);
  std::size_t samples() const noexcept { return written_; }  // of the last read()

 private:
  // What samples of one name become on our page.
  struct Column {
    FamilyId id;
    std::string_view suffix;  // of the sink's family: _bucket, _sum, _count or none
  };
  struct Family {
    std::string name;
    std::string help;
    Kind kind = Kind::untyped;
    bool has_help = false;
    bool has_type = false;
    bool has_samples = false;
    std::string broken;           // why it is left out, whatever its values are
    std::string_view broken_now;  // why its values make it be left out this time
  };
  // A name of samples.
  struct Name {
    std::size_t family = 0;
    std::string_view suffix;
    Column column;
  };
  struct Line {
    std::size_t at = 0;  // in shape_: what must be the same next time
    std::size_t size = 0;
    std::int32_t family = -1;  // -1: no sample, and maybe several lines
    bool shown = true;         // this time
    double value = 0;
    Column column;
    LabelBlock labels;
  };

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  // page.cpp: a page of the shape that is known.
  bool same_shape(std::string_view text);
  std::string_view read_value(std::string_view rest, Line& line);
  std::string_view exemplar(std::string_view rest);
  std::size_t count_good() const;
  void write(Sink& sink);

  // page_shape.cpp: any other.
  std::string learn(std::string_view text, Sink& sink);
  std::string body_of(std::string_view text, std::string_view& body) const;
  void take_comment(std::string_view line);
  void take_type(Family& family, std::string_view word) const;
  void take_sample(std::string_view line, std::size_t at, Sink& sink);
  void keep_whole(std::size_t at, std::size_t size);
  std::string take_labels(const Family& family, std::string_view suffix, Line& line);
  std::string take_bound(std::string_view key, exposition::LabelText& bound);
  std::size_t family_of(std::string_view name);
  const Name& name_of(std::string_view name, Sink& sink);
  Column column_of(const Family& family, std::string_view suffix, Sink& sink) const;
  void check_histograms();

  const std::size_t most_;
  Format format_ = Format::text;
  double now_ = 0;
  std::string shape_;        // the page that lines_ are of
  std::size_t rest_at_ = 0;  // where its lines end; behind it nothing or # EOF
  bool known_ = false;
  std::vector<Line> lines_;
  std::vector<Family> families_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> by_name_;
  std::unordered_map<std::string, Name, Hash, std::equal_to<>> names_;
  std::vector<exposition::LabelText> found_;                                 // of the line at hand
  std::unordered_map<std::uint64_t, std::pair<std::size_t, bool>> bounded_;  // histograms: their family, +Inf is there
  std::size_t stray_ = 0;                                                    // lines that belong to no family
  std::size_t samples_ = 0;
  std::size_t written_ = 0;
};

}  // namespace exporter::merge
