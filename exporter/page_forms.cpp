#include "exporter/page_forms.h"

#include <algorithm>
#include <unordered_set>

#include "platform/ascii.h"
#include "platform/text.h"

namespace exporter {
namespace {

constexpr std::string_view kTotal = "_total";
constexpr std::string_view kTextType = "text/plain; version=0.0.4; charset=utf-8";

// "# TYPE name counter" and the lines behind it.
struct Family {
  std::string_view name;
  std::string_view help;  // as it is written
  std::string_view type;
  std::string_view head;     // HELP and TYPE lines
  std::string_view samples;  // lines
};

bool next_family(std::string_view& page, Family& family) {
  family = {};
  const char* const begin = page.data();
  std::size_t at = 0;
  while (page.substr(at).starts_with('#')) {
    std::string_view line = page.substr(at, page.find('\n', at) - at);
    at = std::min(at + line.size() + 1, page.size());
    line.remove_prefix(std::min<std::size_t>(2, line.size()));
    const auto word = platform::take(line, ' ');
    family.name = platform::take(line, ' ');
    (word == "HELP" ? family.help : family.type) = line;
  }
  family.head = {begin, at};
  std::size_t end = at;
  while (end < page.size() && page[end] != '#') {
    end = std::min(page.find('\n', end), page.size() - 1) + 1;
  }
  family.samples = page.substr(at, end - at);
  page.remove_prefix(end);
  return !family.head.empty() || !family.samples.empty();
}

std::string_view name_of(std::string_view sample) { return sample.substr(0, sample.find_first_of("{ ")); }

// Where the value of the label `name` begins and how long it is; npos when the sample has none.
std::size_t value_of(std::string_view sample, std::string_view name, std::size_t& size) {
  std::size_t at = sample.find('{');
  while (at != std::string_view::npos && at + 1 < sample.size() && sample[at] != '}') {
    const std::size_t equals = sample.find('=', ++at);
    if (equals == std::string_view::npos) {
      break;
    }
    std::size_t end = equals + 2;
    while (end < sample.size() && sample[end] != '"') {
      end += sample[end] == '\\' ? 2 : 1;
    }
    if (sample.substr(at, equals - at) == name) {
      size = end - equals - 2;
      return equals + 2;
    }
    at = end + 1;  // a comma, or the end
  }
  return std::string_view::npos;
}

// Bounds are floats there: "1" is "1.0".
void append_sample(std::string_view sample, std::string_view bound, std::string& out) {
  std::size_t size = 0;
  const std::size_t at = bound.empty() ? std::string_view::npos : value_of(sample, bound, size);
  const bool whole = at != std::string_view::npos &&
                     sample.substr(at, size).find_first_not_of("0123456789-") == std::string_view::npos;
  if (!whole) {
    out.append(sample);
    return;
  }
  out.append(sample.substr(0, at + size)).append(".0").append(sample.substr(at + size));
}

// There a quote is escaped as well.
void append_help(std::string_view help, std::string& out) {
  for (const char c : help) {
    out.append(c == '"' ? "\\" : "").append(1, c);
  }
}

struct Range {
  std::string_view type;
  std::string_view version;
  bool escaping = false;
  double quality = 1;
};

Range read_range(std::string_view text) {
  Range range;
  range.type = platform::trim(platform::take(text, ';'));
  while (!text.empty()) {
    std::string_view value = platform::trim(platform::take(text, ';'));
    const auto name = platform::trim(platform::take(value, '='));
    value = platform::trim(value);
    if (platform::equal_ignoring_case(name, "q")) {
      range.quality = std::clamp(platform::number<double>(value).value_or(0), 0.0, 1.0);
    } else if (platform::equal_ignoring_case(name, "version")) {
      range.version = value;
    } else if (platform::equal_ignoring_case(name, "escaping")) {
      range.escaping = true;
    }
  }
  return range;
}

}  // namespace

std::string only_names(std::string_view page, std::span<const std::string> names) {
  const auto wanted = [&](std::string_view name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  std::string out;
  Family family;
  while (next_family(page, family)) {
    const bool all = wanted(family.name);
    bool first = true;
    for (std::string_view rest = family.samples; !rest.empty();) {
      const auto line = platform::take(rest, '\n');
      if (all || wanted(name_of(line))) {
        out.append(first ? family.head : std::string_view{}).append(line).append("\n");
        first = false;
      }
    }
  }
  return out;
}

std::string as_openmetrics(std::string_view page) {
  std::unordered_set<std::string_view> names;
  Family family;
  for (std::string_view rest = page; next_family(rest, family);) {
    names.insert(family.name);
  }
  std::string out;
  out.reserve(page.size() + page.size() / 8);
  while (next_family(page, family)) {
    std::string_view name = family.name;
    std::string_view type = family.type == "untyped" || family.type.empty() ? "unknown" : family.type;
    if (type == "counter") {
      const auto stem = name.substr(0, name.size() - std::min(name.size(), kTotal.size()));
      const bool fits = name.ends_with(kTotal) && !names.contains(stem);
      (fits ? name : type) = fits ? stem : "unknown";
    }
    out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
    if (!family.help.empty()) {
      out.append("# HELP ").append(name).append(" ");
      append_help(family.help, out);
      out.append("\n");
    }
    const std::string_view bound = type == "histogram" ? "le" : type == "summary" ? "quantile" : "";
    if (bound.empty()) {
      out.append(family.samples);
      continue;
    }
    for (std::string_view rest = family.samples; !rest.empty();) {
      append_sample(platform::take(rest, '\n'), bound, out);
      out.append("\n");
    }
  }
  return out.append("# EOF\n");
}

PageType page_type(std::string_view accept, bool preferred) {
  double text = -1;  // of what fits best; -1: nothing was said
  double open = -1;
  int exactness = -1;
  std::string_view version;
  bool escaping = false;
  while (!accept.empty()) {
    const Range range = read_range(platform::take(accept, ','));
    if (platform::equal_ignoring_case(range.type, "application/openmetrics-text")) {
      if (range.quality > open && (range.version.empty() || range.version == "1.0.0" || range.version == "0.0.1")) {
        open = range.quality;
        version = range.version == "0.0.1" ? range.version : "1.0.0";
        escaping = range.escaping;
      }
      continue;
    }
    const int exact = platform::equal_ignoring_case(range.type, "text/plain") ? 2
                      : platform::equal_ignoring_case(range.type, "text/*")   ? 1
                      : range.type == "*/*"                                   ? 0
                                                                              : -1;
    if (exact > exactness || (exact >= 0 && exact == exactness && range.quality > text)) {
      exactness = exact;
      text = range.quality;
    }
  }
  const bool openmetrics = open > 0 && (text <= 0 || (preferred && open >= text));
  if (!openmetrics) {
    return {.openmetrics = false, .content_type = std::string(kTextType)};
  }
  return {.openmetrics = true,
          .content_type = "application/openmetrics-text; version=" + std::string(version) + "; charset=utf-8" +
                          (escaping ? "; escaping=underscores" : "")};
}

}  // namespace exporter
