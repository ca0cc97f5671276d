// Holds what the collectors declare against the metrics of the original, and the table of COMPATIBILITY.md against
// both.
//   node_exporter.tsv: collector, on or off by default, metric, type, label names; <...> in a name stands for text that
//   comes from the kernel. UPDATE_TABLES=1 writes the table.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "collectors/all.h"
#include "platform/text.h"
#include "tests/compatibility/declared.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

struct Row {
  std::string name;
  std::string type;
  std::string labels;
  bool by_rule = false;  // the name is made of the kernel's words
};

struct Original {
  bool on = false;
  std::vector<Row> rows;
};

std::map<std::string, Original> originals() {
  const std::string text = read_text(std::filesystem::path(SOURCE_DIR) / "tests/compatibility/node_exporter.tsv");
  std::string_view rest = text;
  platform::take(rest, '\n');
  std::map<std::string, Original> result;
  while (!rest.empty()) {
    std::string_view line = platform::take(rest, '\n');
    const std::string collector(platform::take(line, '\t'));
    const bool on = platform::take(line, '\t') == "on";
    Row row;
    row.name = platform::take(line, '\t');
    row.type = platform::take(line, '\t');
    row.labels = platform::take(line, '\t');
    row.by_rule = row.name.find('<') != std::string::npos;
    if (collector != "self") {
      result[collector].on = on;
      result[collector].rows.push_back(row);
    }
  }
  return result;
}

std::vector<const exporter::CollectorSpec*> node_collectors() {
  std::vector<const exporter::CollectorSpec*> result;
  for (const auto& listed : exporter::all_collectors()) {
    if (listed.spec->module == exporter::Module::node) {
      result.push_back(listed.spec);
    }
  }
  std::sort(result.begin(), result.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  return result;
}

// Declared without labels on purpose: which labels there are depends on the machine.
constexpr std::string_view kLabelsByMachine[] = {"node_dmi_info", "node_power_supply_info", "node_pcidevice_info"};

TEST(Compatibility, EveryCollectorOfTheOriginalIsHereAndOnOrOffAsThere) {
  const auto ours = node_collectors();
  for (const auto& entry : originals()) {
    const std::string& name = entry.first;
    const auto found = std::find_if(ours.begin(), ours.end(), [&](const auto* spec) { return spec->name == name; });
    ASSERT_NE(found, ours.end()) << name;
    EXPECT_EQ((*found)->on_by_default, entry.second.on) << name;
  }
}

// Labels that live with an entity are not part of the declaration: then the golden page shows them.
bool same_labels(const std::set<std::string>& original, const exporter::MetricDesc& metric,
                 const GoldenFamily& golden) {
  return original.count(labels_of(metric)) == 1 ||
         (!golden.labels.empty() &&
          std::includes(original.begin(), original.end(), golden.labels.begin(), golden.labels.end()));
}

TEST(Compatibility, TypesAndLabelsAreThoseOfTheOriginal) {
  const auto all = originals();
  for (const auto* spec : node_collectors()) {
    const auto original = all.find(std::string(spec->name));
    if (original == all.end()) {
      continue;
    }
    auto golden = golden_families("host", spec->name);
    // A metric may have several label sets, a row each.
    std::map<std::string, std::set<std::string>> labels;
    for (const auto& row : original->second.rows) {
      labels[row.name].insert(row.labels);
    }
    for (const auto& row : original->second.rows) {
      const auto* const metric = declared(*spec, row.name);
      if (row.by_rule || metric == nullptr ||
          std::count(std::begin(kLabelsByMachine), std::end(kLabelsByMachine), row.name) != 0) {
        continue;  // the golden files show these
      }
      EXPECT_EQ(to_text(metric->type), row.type) << row.name;
      EXPECT_TRUE(same_labels(labels[row.name], *metric, golden[row.name]))
          << row.name << " declares {" << labels_of(*metric) << "}";
    }
  }
}

struct Compared {
  std::size_t same = 0;
  std::size_t rules = 0;
  std::vector<std::string> missing;
  std::vector<std::string> more;
};

// "node_network_<detail>_total" stands for all names with that beginning and end.
bool made_by_rule(const Original& original, std::string_view name) {
  return std::any_of(original.rows.begin(), original.rows.end(), [&](const Row& row) {
    const std::string_view rule = row.name;
    return row.by_rule && name.starts_with(rule.substr(0, rule.find('<'))) &&
           name.ends_with(rule.substr(rule.rfind('>') + 1));
  });
}

Compared compare(const exporter::CollectorSpec& spec, const Original& original) {
  Compared result;
  const auto golden = golden_families("host", spec.name);
  std::set<std::string> names;
  for (const auto& row : original.rows) {
    if (row.by_rule) {
      ++result.rules;
    } else if (names.insert(row.name).second) {
      if (declared(spec, row.name) != nullptr || golden.count(row.name) == 1) {
        ++result.same;
      } else {
        result.missing.push_back(row.name);
      }
    }
  }
  for (const auto& metric : spec.metrics) {
    if (names.count(std::string(metric.name)) == 0 && !made_by_rule(original, metric.name)) {
      result.more.emplace_back(metric.name);
    }
  }
  return result;
}

TEST(Compatibility, NoFamilyOfTheOriginalIsMissing) {
  const auto all = originals();
  for (const auto* spec : node_collectors()) {
    const auto original = all.find(std::string(spec->name));
    if (original != all.end()) {
      for (const auto& name : compare(*spec, original->second).missing) {
        ADD_FAILURE() << spec->name << ": " << name;
      }
    }
  }
}

std::string table() {
  const auto all = originals();
  std::string text = "| collector | default | families there | here | more here |\n|---|---|---:|---|---|\n";
  for (const auto* spec : node_collectors()) {
    const auto found = all.find(std::string(spec->name));
    text.append("| ").append(spec->name).append(spec->on_by_default ? " | on | " : " | off | ");
    if (found == all.end()) {
      text.append("none | new: ").append(spec->summary).append(" | ");
      text.append(std::to_string(spec->metrics.size())).append(" families |\n");
      continue;
    }
    const Compared compared = compare(*spec, found->second);
    const std::size_t named = compared.same + compared.missing.size();
    text.append(named == 0 ? "" : std::to_string(named));
    if (compared.rules != 0) {
      text.append(named == 0 ? "" : " + ")
          .append("names from the ")
          .append(spec->name == "textfile" ? "files" : "kernel");
    }
    text.append(compared.missing.empty() ? " | all" : " | without " + quoted(compared.missing));
    text.append(" | ").append(quoted(compared.more)).append(compared.more.empty() ? "|\n" : " |\n");
  }
  return text;
}

TEST(Compatibility, TheTableInReadmeIsThatOfTheSpecs) {
  expect_table("<!-- made by UPDATE_TABLES=1 all_tests --gtest_filter='Compatibility.*' -->\n",
               "<!-- end of the table -->\n", table());
}

}  // namespace
}  // namespace tests
