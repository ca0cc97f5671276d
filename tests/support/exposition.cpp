#include "tests/support/exposition.h"

#include <set>

#include "exporter/metric.h"
#include "platform/text.h"

namespace tests {
namespace {

bool valid_utf8(std::string_view text) {
  std::string out;
  exporter::append_escaped(out, text);
  return out.find("\xEF\xBF\xBD") == std::string::npos || text.find("\xEF\xBF\xBD") != std::string_view::npos;
}

// Reads `{a="x",b="y"}` at the front of `text`; returns what is wrong, or nothing.
std::string read_labels(std::string_view& text) {
  std::set<std::string_view> names;
  text.remove_prefix(1);
  for (bool first = true;; first = false) {
    if (text.starts_with('}')) {
      text.remove_prefix(1);
      return first ? "empty braces" : "";
    }
    if (!first) {
      if (!text.starts_with(',')) {
        return "labels are separated by ','";
      }
      text.remove_prefix(1);
    }
    const auto equals = text.find("=\"");
    if (equals == std::string_view::npos) {
      return "a label without =\"";
    }
    const auto name = text.substr(0, equals);
    if (!exporter::valid_name(name)) {
      return "bad label name " + std::string(name);
    }
    if (!names.insert(name).second) {
      return "label twice: " + std::string(name);
    }
    text.remove_prefix(equals + 2);
    for (;;) {
      if (text.empty()) {
        return "label value without an end";
      }
      const char c = text.front();
      text.remove_prefix(1);
      if (c == '"') {
        break;
      }
      if (c == '\\') {
        if (text.empty() || (text.front() != '\\' && text.front() != '"' && text.front() != 'n')) {
          return "unknown escape";
        }
        text.remove_prefix(1);
      }
    }
  }
}

std::string_view family_name(std::string_view sample, const std::string& type) {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    const bool part = type == "histogram" || (type == "summary" && suffix != "_bucket");
    if (part && sample.ends_with(suffix)) {
      return sample.substr(0, sample.size() - suffix.size());
    }
  }
  return sample;
}

std::string read_sample(std::string_view line, std::string_view current, Family& family) {
  std::string_view rest = line;
  const auto name_end = rest.find_first_of("{ ");
  if (name_end == std::string_view::npos) {
    return "not a sample";
  }
  const auto name = rest.substr(0, name_end);
  if (!exporter::valid_name(name, exporter::Colons::allowed)) {
    return "bad metric name";
  }
  if (family_name(name, family.type) != current) {
    return "sample outside of its family";
  }
  rest.remove_prefix(name_end);
  if (rest.starts_with('{')) {
    if (auto wrong = read_labels(rest); !wrong.empty()) {
      return wrong;
    }
  }
  const auto series = line.substr(0, line.size() - rest.size());
  if (!rest.starts_with(' ')) {
    return "no space before the value";
  }
  rest.remove_prefix(1);
  if (rest != "NaN" && rest != "+Inf" && rest != "-Inf" && !platform::number<double>(rest)) {
    return "bad value";
  }
  if (!family.samples.emplace(series, rest).second) {
    return "series twice";
  }
  return "";
}

}  // namespace

Exposition parse_exposition(std::string_view page) {
  Exposition result;
  std::string current;
  std::string helped;
  std::size_t number = 0;
  const auto wrong = [&](std::string_view line, std::string_view what) {
    result.errors.push_back("line " + std::to_string(number) + ": " + std::string(what) + ": " + std::string(line));
  };
  if (!page.empty() && !page.ends_with('\n')) {
    wrong("", "the page does not end in a newline");
  }
  while (!page.empty()) {
    ++number;
    const std::string_view line = platform::take(page, '\n');
    if (!valid_utf8(line)) {
      wrong(line, "not UTF-8");
    }
    if (line.starts_with("# HELP ")) {
      std::string_view rest = line.substr(7);
      helped = platform::take(rest, ' ');
      if (!current.empty() && helped <= current) {
        wrong(line, "families are not sorted");
      }
      if (result.families.contains(helped)) {
        wrong(line, "family twice");
      }
      result.families[helped].help = rest;
    } else if (line.starts_with("# TYPE ")) {
      std::string_view rest = line.substr(7);
      current = platform::take(rest, ' ');
      if (current != helped) {
        wrong(line, "TYPE without its HELP before it");
      }
      static const std::set<std::string_view> kTypes{"counter", "gauge", "untyped", "histogram", "summary"};
      if (!kTypes.contains(rest)) {
        wrong(line, "unknown type");
      }
      result.families[current].type = rest;
    } else if (line.empty() || line.starts_with('#') || current.empty()) {
      wrong(line, "neither HELP, TYPE nor a sample of a family");
    } else if (auto what = read_sample(line, current, result.families[current]); !what.empty()) {
      wrong(line, what);
    }
  }
  for (const auto& [name, family] : result.families) {
    if (family.samples.empty()) {
      wrong(name, "family without samples");
    }
  }
  return result;
}

}  // namespace tests
