// The Page's second half: a page that is another than the last one, in more than its values.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "collectors/merge/page.h"
#include "platform/text.h"

namespace exporter::merge {
namespace {

using exposition::LabelText;

constexpr std::string_view kEof = "# EOF";
constexpr std::string_view kOwnLabel = "merge_target";
constexpr std::string_view kNoHelp = "A merged metric without a description.";

// A label that would stand beside ours under the same name moves aside, as Prometheus does it.
void make_room(std::vector<LabelText>& labels) {
  const auto named = [&](std::string_view name) {
    return std::find_if(labels.begin(), labels.end(), [&](const LabelText& label) { return label.name == name; });
  };
  const auto own = named(kOwnLabel);
  if (own == labels.end()) {
    return;
  }
  std::string name = "exported_" + own->name;
  while (named(name) != labels.end()) {
    name.insert(0, "exported_");
  }
  own->name = std::move(name);
}

}  // namespace

std::string Page::learn(std::string_view text, Sink& sink) {
  lines_.clear();
  families_.clear();
  by_name_.clear();
  names_.clear();
  bounded_.clear();
  stray_ = samples_ = 0;
  shape_ = text;
  std::string_view body;
  if (auto wrong = body_of(shape_, body); !wrong.empty()) {
    return wrong;
  }
  rest_at_ = body.size();
  for (std::size_t at = 0; at < body.size();) {
    const auto end = body.find('\n', at);
    const auto line = body.substr(at, end - at);
    const auto trimmed = format_ == Format::text ? exposition::skip_blanks(line) : line;
    if (trimmed.starts_with('#')) {
      take_comment(trimmed.substr(1));
    }
    if (trimmed.starts_with('#') || (trimmed.empty() && format_ == Format::text)) {
      keep_whole(at, line.size());
    } else {
      take_sample(line, at, sink);
    }
    if (samples_ > most_ || families_.size() > most_) {
      return "more than " + std::to_string(most_) + (samples_ > most_ ? " series" : " families") +
             "; --merge.max-series takes more";
    }
    if (end == std::string_view::npos) {
      if (lines_.back().family >= 0) {
        families_[static_cast<std::size_t>(lines_.back().family)].broken = "the last line does not end with a newline";
      }
      break;
    }
    at = end + 1;
  }
  check_histograms();
  return {};
}

// What stands before # EOF, which must be there in OpenMetrics, once and last.
std::string Page::body_of(std::string_view text, std::string_view& body) const {
  body = text;
  if (format_ == Format::text) {
    return {};
  }
  body.remove_suffix(body.ends_with('\n') ? 1 : 0);
  if (body != kEof && !body.ends_with("\n# EOF")) {
    return "OpenMetrics that does not end with # EOF: it was cut";
  }
  body.remove_suffix(kEof.size());
  return body.starts_with("# EOF\n") || body.find("\n# EOF\n") != std::string_view::npos
             ? "OpenMetrics with text behind its # EOF"
             : "";
}

void Page::take_comment(std::string_view line) {
  exposition::Comment comment;
  if (!exposition::read_comment(line, comment).empty()) {
    ++stray_;
    return;
  }
  if (comment.keyword.empty()) {
    stray_ += format_ == Format::text || line.starts_with(" UNIT ") ? 0 : 1;
    return;
  }
  Family& family = families_[family_of(comment.name)];
  if (comment.keyword == "TYPE") {
    take_type(family, comment.text);
    return;
  }
  if (std::exchange(family.has_help, true)) {
    family.broken = "it has a second HELP";
  } else if (!exposition::unescape(comment.text, family.help, false) || !exposition::valid_utf8(family.help)) {
    family.broken = "its HELP has an unknown escape or is not UTF-8";
  }
}

void Page::take_type(Family& family, std::string_view word) const {
  const auto known = kind_of(word, format_);
  if (std::exchange(family.has_type, true) || family.has_samples) {
    family.broken = "its TYPE comes twice or after its samples";
  } else if (!known) {
    family.broken = "its type is unknown";
  } else {
    family.kind = *known;
  }
}

std::size_t Page::family_of(std::string_view name) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    return found->second;
  }
  by_name_.emplace(name, families_.size());
  families_.emplace_back().name = name;
  return families_.size() - 1;
}

// The family of samples with this name: its own, or x of x_count where x is a histogram.
const Page::Name& Page::name_of(std::string_view name, Sink& sink) {
  if (const auto found = names_.find(name); found != names_.end()) {
    return found->second;
  }
  std::optional<std::size_t> whole;
  std::string_view part;
  for (const auto suffix : kSuffixes) {
    if (!name.ends_with(suffix)) {
      continue;
    }
    const auto found = by_name_.find(name.substr(0, name.size() - suffix.size()));
    if (found != by_name_.end() && families_[found->second].has_type &&
        fits(families_[found->second].kind, format_, suffix)) {
      whole = found->second;
      part = suffix;
    }
  }
  const bool exact = by_name_.find(name) != by_name_.end();
  Name result{
      .family = whole && !exact ? *whole : family_of(name), .suffix = exact ? std::string_view{} : part, .column = {}};
  Family& family = families_[result.family];
  if (whole && exact) {
    family.broken = "its name is that of a part of " + families_[*whole].name;
  } else if (!fits(family.kind, format_, result.suffix)) {
    family.broken = "it has a sample whose name does not fit its type";
  }
  if (family.broken.empty()) {
    result.column = column_of(family, result.suffix, sink);
  }
  return names_.emplace(name, result).first->second;
}

// The names that Prometheus gives such samples, in types that the text format has.
Page::Column Page::column_of(const Family& family, std::string_view suffix, Sink& sink) const {
  MetricType type = MetricType::gauge;
  bool parts = false;  // the suffix is one of the text format's own
  switch (family.kind) {
    case Kind::counter:
      type = MetricType::counter;
      break;
    case Kind::histogram:
    case Kind::summary:
      type = family.kind == Kind::histogram ? MetricType::histogram : MetricType::summary;
      parts = true;
      break;
    case Kind::untyped:
    case Kind::gauge_histogram:
      type = MetricType::untyped;
      break;
    case Kind::gauge:
    case Kind::info:
    case Kind::state_set:
      break;
  }
  if (suffix == "_created") {
    type = MetricType::gauge;
    parts = false;
  }
  const std::string_view help = family.help.empty() ? kNoHelp : std::string_view(family.help);
  if (parts) {
    return {.id = sink.dynamic(type, family.name, help), .suffix = suffix};
  }
  return {.id = sink.dynamic(type, family.name + std::string(suffix), help), .suffix = {}};
}

void Page::take_sample(std::string_view line, std::size_t at, Sink& sink) {
  std::string_view rest = format_ == Format::text ? exposition::skip_blanks(line) : line;
  std::string_view name;
  std::string wrong = exposition::take_series(rest, name, found_);
  if (name.empty()) {
    ++stray_;
    keep_whole(at, line.size());
    return;
  }
  ++samples_;
  const Name& known = name_of(name, sink);
  Family& family = families_[known.family];
  family.has_samples = true;
  if (family.broken.empty()) {
    family.broken = std::move(wrong);
  }
  if (!family.broken.empty()) {
    keep_whole(at, line.size());
    return;
  }
  Line& entry = lines_.emplace_back();
  entry.at = at;
  entry.size = line.size() - rest.size();
  entry.family = static_cast<std::int32_t>(known.family);
  entry.column = known.column;
  family.broken = take_labels(family, known.suffix, entry);
  if (const auto now = read_value(rest, entry); !now.empty()) {
    family.broken_now = now;
  }
}

// A line that must be the same to its end, for the rest of the page to mean the same. They are kept together.
void Page::keep_whole(std::size_t at, std::size_t size) {
  if (lines_.empty() || lines_.back().family >= 0) {
    lines_.emplace_back().at = at;
  }
  lines_.back().size = at + size - lines_.back().at;
}

// Checks the label that makes a line one of several for a bound or a quantile.
std::string Page::take_bound(std::string_view key, LabelText& bound) {
  const auto at = std::find_if(found_.begin(), found_.end(), [&](const LabelText& label) { return label.name == key; });
  const auto number = at == found_.end() ? std::nullopt : platform::lenient_number(at->value);
  if (!number || std::isnan(*number)) {
    return "the label " + std::string(key) + " is missing or no number";
  }
  bound = std::move(*at);
  found_.erase(at);
  return {};
}

std::string Page::take_labels(const Family& family, std::string_view suffix, Line& line) {
  LabelText bound;
  const bool bucket = suffix == "_bucket";
  if (bucket || (family.kind == Kind::summary && suffix.empty())) {
    if (auto wrong = take_bound(bucket ? "le" : "quantile", bound); !wrong.empty()) {
      return wrong;
    }
  }
  make_room(found_);
  // In one order, without what says nothing: so that the same series is known as such.
  std::sort(found_.begin(), found_.end(), [](const LabelText& a, const LabelText& b) { return a.name < b.name; });
  for (const auto& label : found_) {
    if (!label.value.empty()) {
      line.labels.append(label.name, label.value);
    }
  }
  if (bucket) {
    auto& [owner, closed] = bounded_[combine(hash_of(family.name), hash_of(line.labels.text()))];
    owner = static_cast<std::size_t>(line.family);
    closed = closed || platform::lenient_number(bound.value) == std::numeric_limits<double>::infinity();
  }
  if (!bound.name.empty()) {
    line.labels.append(bound.name, bound.value);
  }
  return {};
}

void Page::check_histograms() {
  for (const auto& [labels, histogram] : bounded_) {
    if (!histogram.second && families_[histogram.first].broken.empty()) {
      families_[histogram.first].broken = "a histogram without the bucket +Inf";
    }
  }
}

}  // namespace exporter::merge
