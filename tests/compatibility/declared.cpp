#include "tests/compatibility/declared.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "platform/text.h"
#include "tests/support/fixture.h"

namespace tests {

std::string joined(std::vector<std::string_view> names) {
  std::sort(names.begin(), names.end());
  std::string text;
  for (const auto name : names) {
    text.append(text.empty() ? "" : ",").append(name);
  }
  return text;
}

std::string quoted(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) {
    text.append(text.empty() ? "`" : ", `").append(name).append("`");
  }
  return text;
}

std::string labels_of(const exporter::MetricDesc& metric) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < metric.labels.size(); ++i) {
    names.push_back(metric.labels[i]);
  }
  return joined(std::move(names));
}

const exporter::MetricDesc* declared(const exporter::CollectorSpec& spec, std::string_view name) {
  const auto found =
      std::find_if(spec.metrics.begin(), spec.metrics.end(), [&](const auto& metric) { return metric.name == name; });
  return found == spec.metrics.end() ? nullptr : &*found;
}

namespace {

// `a="x",b="y"` as "a,b".
std::string label_names(std::string_view text) {
  std::vector<std::string_view> names;
  while (!text.empty()) {
    names.push_back(platform::take(text, '='));
    text.remove_prefix(1);
    while (!text.empty() && text.front() != '"') {
      text.remove_prefix(text.front() == '\\' ? 2 : 1);
    }
    text.remove_prefix(std::min<std::size_t>(text.size(), 2));  // the quote and the comma
  }
  return joined(std::move(names));
}

}  // namespace

std::map<std::string, GoldenFamily> golden_families(std::string_view room, std::string_view collector) {
  const std::string text = read_text(std::filesystem::path(FIXTURES) / room / collector / "expected.prom");
  std::map<std::string, GoldenFamily> families;
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = platform::take(rest, '\n');
    if (line.starts_with("# TYPE ")) {
      line.remove_prefix(7);
      const std::string name(platform::take(line, ' '));
      families[name].type = line;
    } else if (!line.starts_with('#')) {
      const auto brace = line.find('{');
      const std::string name(line.substr(0, std::min(brace, line.find(' '))));
      const bool labelled = brace != std::string_view::npos;
      families[name].labels.insert(labelled ? label_names(line.substr(brace + 1, line.rfind('}') - brace - 1)) : "");
    }
  }
  return families;
}

void expect_table(std::string_view begin_line, std::string_view end_line, const std::string& table) {
  const auto path = std::filesystem::path(SOURCE_DIR) / "COMPATIBILITY.md";
  std::string document = read_text(path);
  const auto begin = document.find(begin_line);
  ASSERT_NE(begin, std::string::npos);
  const auto from = begin + begin_line.size();
  const auto end = document.find(end_line, from);
  ASSERT_NE(end, std::string::npos);
  if (std::getenv("UPDATE_TABLES") != nullptr) {  // NOLINT(concurrency-mt-unsafe): tests have one thread
    document.replace(from, end - from, table);
    write_text(path, document);
    return;
  }
  EXPECT_EQ(document.substr(from, end - from), table);
}

}  // namespace tests
