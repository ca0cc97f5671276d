// What an application beside us serves at its /metrics: "# TYPE jobs_total counter", "jobs_total{queue=\"mail\"} 17".
#include "collectors/merge/page.h"

#include <cmath>

#include "platform/text.h"

namespace exporter::merge {
namespace {

using exposition::skip_blanks;
using exposition::take_word;

// Beyond these a Prometheus that goes by timestamps would not show a value, or not take it.
constexpr double kOldest = 300;
constexpr double kAhead = 600;
constexpr std::size_t kMostRemarks = 20;  // of a scrape; the rest is counted

}  // namespace

Page::Page(const Environment& environment)
    : most_(static_cast<std::size_t>(environment.options.integer("merge.max-series"))) {}

std::string Page::read(std::string_view text, Format format, double now, Sink& sink) {
  written_ = 0;
  now_ = now;
  if (!known_ || format != format_ || !same_shape(text)) {
    format_ = format;
    if (auto wrong = learn(text, sink); !wrong.empty()) {
      known_ = false;
      return wrong;
    }
    known_ = format == Format::open_metrics || text.ends_with('\n');  // else its last line may go on next time
  }
  const std::size_t good = count_good();
  if (good == 0 && (samples_ != 0 || stray_ != 0)) {
    return "what it answers cannot be read as metrics";
  }
  write(sink);
  written_ = good;
  return {};
}

// Reads the values of a page that says the same as the last one about everything else. False when it does not.
bool Page::same_shape(std::string_view text) {
  for (auto& family : families_) {
    family.broken_now = {};
  }
  const std::string_view shape = shape_;
  std::size_t at = 0;
  for (auto& line : lines_) {
    if (text.substr(at, line.size) != shape.substr(line.at, line.size)) {
      return false;
    }
    at += line.size;
    const auto end = text.find('\n', at);
    if (end == std::string_view::npos || (line.family < 0 && end != at)) {
      return false;
    }
    if (line.family >= 0) {
      if (const auto wrong = read_value(text.substr(at, end - at), line); !wrong.empty()) {
        families_[static_cast<std::size_t>(line.family)].broken_now = wrong;
      }
    }
    at = end + 1;
  }
  return text.substr(at) == shape.substr(rest_at_);
}

// `rest` is what stands behind the series: value, timestamp, exemplar.
std::string_view Page::read_value(std::string_view rest, Line& line) {
  rest = skip_blanks(rest);  // there may be more of them than last time
  const auto value = platform::lenient_number(take_word(rest));
  if (!value) {
    return "a value is no number";
  }
  line.value = *value;
  line.shown = true;
  rest = skip_blanks(rest);
  if (!rest.empty() && rest.front() != '#') {
    const auto word = take_word(rest);
    const auto milliseconds = format_ == Format::text ? platform::number<std::int64_t>(word) : std::nullopt;
    const auto seconds = format_ == Format::text ? std::nullopt : platform::number<double>(word);
    if (!milliseconds && !seconds) {
      return "behind a value there is no timestamp, but something else";
    }
    const double age = now_ - (seconds ? *seconds : static_cast<double>(*milliseconds) / 1000);
    line.shown = age <= kOldest && age >= -kAhead;
    rest = skip_blanks(rest);
  }
  return rest.empty() ? std::string_view{} : exemplar(rest);
}

// ` # {trace_id="abc"} 0.67 1520879607.789`: checked, but the text format has no place for it.
std::string_view Page::exemplar(std::string_view rest) {
  constexpr std::string_view kWrong = "an exemplar that is none";
  if (format_ != Format::open_metrics || !rest.starts_with('#')) {
    return "text behind a timestamp";
  }
  rest = skip_blanks(rest.substr(1));
  if (!rest.starts_with('{')) {
    return kWrong;
  }
  rest.remove_prefix(1);
  found_.clear();
  if (!exposition::take_labels(rest, found_).empty()) {
    return kWrong;
  }
  rest = skip_blanks(rest);
  if (!platform::lenient_number(take_word(rest))) {
    return kWrong;
  }
  rest = skip_blanks(rest);
  return rest.empty() || platform::number<double>(rest) ? std::string_view{} : kWrong;
}

std::size_t Page::count_good() const {
  std::size_t good = 0;
  for (const auto& line : lines_) {
    if (line.family >= 0) {
      const auto& family = families_[static_cast<std::size_t>(line.family)];
      good += family.broken.empty() && family.broken_now.empty() && line.shown ? 1 : 0;
    }
  }
  return good;
}

void Page::write(Sink& sink) {
  std::size_t said = 0;
  for (const auto& family : families_) {
    const std::string_view why = family.broken.empty() ? family.broken_now : family.broken;
    if (why.empty()) {
      continue;
    }
    if (said++ < kMostRemarks) {
      sink.remark(Problem::parse, family.name + " is left out: " + std::string(why));
    } else {
      sink.problem(Problem::parse, family.name);
    }
  }
  if (stray_ != 0) {
    sink.remark(Problem::parse, "there are lines that are no part of any family; they are left out");
  }
  for (const auto& line : lines_) {
    if (line.family < 0 || !line.shown) {
      continue;
    }
    const auto& family = families_[static_cast<std::size_t>(line.family)];
    if (family.broken.empty() && family.broken_now.empty()) {
      sink.add_part(line.column.id, line.column.suffix, line.value, line.labels);
    }
  }
}

namespace page {
namespace {

constexpr OptionDesc kOptions[] = {
    {"merge.max-series", OptionType::integer, "10000",
     "Most series of a merged target; one that has more is not shown at all"},
};

std::unique_ptr<Page> make(const Environment& environment) { return std::make_unique<Page>(environment); }

}  // namespace

extern constinit const CollectorSpec spec{
    .name = "merge.page",
    .summary = "metrics that other applications serve at the addresses of merge.target",
    .module = Module::merge,
    .on_by_default = false,
    .pace = Pace::own_worker,
    .metrics = {},
    .options = kOptions,
    .make = make,
    .on_with = "merge.target",
};

}  // namespace page
}  // namespace exporter::merge
