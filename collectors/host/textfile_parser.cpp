#include "collectors/host/textfile_parser.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <unordered_map>

#include "platform/ascii.h"
#include "platform/text.h"

namespace exporter::host::textfile {
namespace {

using exposition::skip_blanks;
using exposition::valid_utf8;

// A set of labels and what was said about it: one value, or the parts of a histogram or summary.
struct Metric {
  std::vector<LabelText> labels;  // sorted, without le and quantile
  std::optional<double> value;
  double sum = 0;
  double count = 0;
  std::map<double, double> points;  // by bound or quantile
};

struct Draft {
  Family family;
  bool has_help = false;
  bool has_type = false;
  std::vector<Metric> metrics;
  std::unordered_map<std::string, std::size_t> index;  // rendered labels -> place in metrics
};

bool grouped(MetricType type) { return type == MetricType::histogram || type == MetricType::summary; }

class Parser {
 public:
  ParsedFile run(std::string_view text) {
    std::size_t number = 0;
    while (!text.empty() && error_.empty()) {
      ++number;
      if (text.find('\n') == std::string_view::npos) {
        error_ = "the last line does not end with a newline";
        break;
      }
      const auto line = skip_blanks(platform::take(text, '\n'));
      if (line.starts_with('#')) {
        comment(line.substr(1));
      } else if (!line.empty()) {
        sample(line);
      }
    }
    ParsedFile result;
    if (!error_.empty()) {
      result.error = "line " + std::to_string(number) + ": " + error_;
      return result;
    }
    for (auto& draft : drafts_) {
      if (!draft.metrics.empty()) {
        finish(draft);
        result.families.push_back(std::move(draft.family));
      }
    }
    return result;
  }

 private:
  void fail(std::string_view what) {
    if (error_.empty()) {
      error_ = what;
    }
  }

  Draft* find(std::string_view name) {
    const auto found = names_.find(std::string(name));
    return found == names_.end() ? nullptr : &drafts_[found->second];
  }

  // The family that a line's name belongs to; x_count is a part of x when x is a histogram or summary.
  Draft& draft_of(std::string_view name, std::string_view& suffix) {
    suffix = {};
    if (Draft* const exact = find(name)) {
      return *exact;
    }
    for (const std::string_view part : {"_count", "_sum", "_bucket"}) {
      if (!name.ends_with(part)) {
        continue;
      }
      Draft* const whole = find(name.substr(0, name.size() - part.size()));
      if (whole != nullptr && (whole->family.type == MetricType::histogram ||
                               (whole->family.type == MetricType::summary && part != "_bucket"))) {
        suffix = part;
        return *whole;
      }
    }
    names_.emplace(std::string(name), drafts_.size());
    drafts_.emplace_back().family.name = name;
    return drafts_.back();
  }

  void comment(std::string_view rest) {
    exposition::Comment comment;
    if (const auto wrong = exposition::read_comment(rest, comment); !wrong.empty()) {
      fail(wrong);
      return;
    }
    if (comment.keyword.empty()) {
      return;
    }
    std::string_view suffix;
    Draft& draft = draft_of(comment.name, suffix);
    if (comment.text.empty()) {
      return;
    }
    if (comment.keyword == "HELP") {
      help(draft, comment.text);
    } else {
      type(draft, comment.text);
    }
  }

  void help(Draft& draft, std::string_view text) {
    if (draft.has_help) {
      fail("second HELP of " + draft.family.name);
      return;
    }
    draft.has_help = true;
    if (!exposition::unescape(text, draft.family.help, false) || !valid_utf8(draft.family.help)) {
      fail("HELP of " + draft.family.name + " has an unknown escape or is not UTF-8");
    }
  }

  void type(Draft& draft, std::string_view text) {
    if (draft.has_type || !draft.metrics.empty()) {
      fail("TYPE of " + draft.family.name + " comes twice or after its samples");
      return;
    }
    const std::string lower = platform::lower(text);
    constexpr std::array kTypes = {MetricType::counter, MetricType::gauge, MetricType::untyped, MetricType::histogram,
                                   MetricType::summary};
    const auto* const known =
        std::find_if(kTypes.begin(), kTypes.end(), [&](MetricType each) { return to_text(each) == lower; });
    if (known == kTypes.end()) {
      fail("unknown type of " + draft.family.name);
      return;
    }
    draft.has_type = true;
    draft.family.type = *known;
  }

  void sample(std::string_view rest) {
    std::string_view name;
    std::vector<LabelText> found;
    if (const auto wrong = exposition::take_series(rest, name, found); !wrong.empty()) {
      fail(wrong);
      return;
    }
    const auto value = platform::lenient_number(exposition::take_word(rest));
    if (!value) {
      fail("value is no number");
      return;
    }
    if (!rest.empty()) {
      fail("text after the value; timestamps are not supported");
      return;
    }
    std::string_view suffix;
    Draft& draft = draft_of(name, suffix);
    put(draft, suffix, std::move(found), *value);
  }

  void put(Draft& draft, std::string_view suffix, std::vector<LabelText> found, double value) {
    std::optional<double> place;
    if (grouped(draft.family.type)) {
      const std::string_view key = draft.family.type == MetricType::histogram ? "le" : "quantile";
      const auto at =
          std::find_if(found.begin(), found.end(), [&](const LabelText& label) { return label.name == key; });
      if (at != found.end()) {
        place = platform::lenient_number(at->value);
        if (!place) {
          fail("label " + at->name + " is no number");
          return;
        }
        found.erase(at);
      }
    }
    std::sort(found.begin(), found.end(), [](const LabelText& a, const LabelText& b) { return a.name < b.name; });
    std::string key;
    for (const auto& label : found) {
      key.append(label.name).append(1, '\0').append(label.value).append(1, '\0');
    }
    const auto [entry, fresh] = draft.index.emplace(std::move(key), draft.metrics.size());
    if (fresh || !grouped(draft.family.type)) {  // a sample said twice stays twice: the page drops and counts it
      entry->second = draft.metrics.size();
      draft.metrics.emplace_back().labels = std::move(found);
    }
    Metric& metric = draft.metrics[entry->second];
    if (!grouped(draft.family.type)) {
      metric.value = value;
    } else if (suffix == "_count") {
      metric.count = value;
    } else if (suffix == "_sum") {
      metric.sum = value;
    } else if (place && !std::isnan(*place) && (suffix == "_bucket") == (draft.family.type == MetricType::histogram)) {
      metric.points[*place] = value;
    }
  }

  static void finish(Draft& draft) {
    std::vector<std::string> names;
    for (const auto& metric : draft.metrics) {
      for (const auto& label : metric.labels) {
        names.push_back(label.name);
      }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    for (auto& metric : draft.metrics) {
      std::vector<LabelText> all;
      auto next = metric.labels.begin();
      for (const auto& name : names) {
        const bool there = next != metric.labels.end() && next->name == name;
        all.push_back(there ? std::move(*next++) : LabelText{name, {}});
      }
      write(draft.family, metric, all);
    }
  }

  static void write(Family& family, const Metric& metric, const std::vector<LabelText>& labels) {
    if (metric.value) {
      family.samples.push_back({"", labels, *metric.value});
      return;
    }
    const bool histogram = family.type == MetricType::histogram;
    const auto point = [&](const std::string& text, double value) {
      auto with = labels;
      with.push_back({histogram ? "le" : "quantile", text});
      family.samples.push_back({histogram ? "_bucket" : "", std::move(with), value});
    };
    for (const auto& [place, value] : metric.points) {
      point(exposition::label_number(place), value);
    }
    if (histogram && (metric.points.count(std::numeric_limits<double>::infinity()) == 0)) {
      point("+Inf", metric.count);
    }
    family.samples.push_back({"_sum", labels, metric.sum});
    family.samples.push_back({"_count", labels, metric.count});
  }

  std::string error_;
  std::vector<Draft> drafts_;
  std::unordered_map<std::string, std::size_t> names_;
};

}  // namespace

ParsedFile parse_file(std::string_view text) { return Parser().run(text); }

}  // namespace exporter::host::textfile
