// Holds what the container collectors declare against the metrics of cAdvisor 0.60, and the table of COMPATIBILITY.md
// against both.
//   cadvisor.tsv: kind, on or off by default, metric, type, label names without those of every container (id, name,
//   image, container_label_*) and of the machine (machine_id, system_uuid, boot_id). UPDATE_TABLES=1 writes the table.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "collectors/all.h"
#include "collectors/container/cadvisor_flags.h"
#include "platform/text.h"
#include "tests/compatibility/declared.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

struct Row {
  std::string kind;
  bool on;
  std::string name;
  std::string type;
  std::string labels;
};

std::vector<Row> originals() {
  const std::string text = read_text(std::filesystem::path(SOURCE_DIR) / "tests/compatibility/cadvisor.tsv");
  std::string_view rest = text;
  platform::take(rest, '\n');
  std::vector<Row> result;
  while (!rest.empty()) {
    std::string_view line = platform::take(rest, '\n');
    Row row;
    row.kind = platform::take(line, '\t');
    row.on = platform::take(line, '\t') == "on";
    row.name = platform::take(line, '\t');
    row.type = platform::take(line, '\t');
    row.labels = platform::take(line, '\t');
    result.push_back(std::move(row));
  }
  return result;
}

// Left out on purpose: 0 wherever cAdvisor's releases run, but for books and drawers of s390.
const std::map<std::string, std::string> kLeftOut = {
    {"machine_cpu_books", "s390 only"},
    {"machine_cpu_drawers", "s390 only"},
    {"machine_nvm_capacity", "needs a library that no release has"},
    {"machine_nvm_avg_power_budget_watts", "needs a library that no release has"},
};

// On by default there, but always 0 without a further flag; off here, and real.
constexpr std::string_view kOffHere[] = {"cpuLoad"};

const exporter::CollectorSpec* collector_of(std::string_view metric) {
  for (const auto& listed : exporter::all_collectors()) {
    if (listed.room == "container" && declared(*listed.spec, metric) != nullptr) {
      return listed.spec;
    }
  }
  return nullptr;
}

std::string_view fixture_of(const exporter::CollectorSpec& spec) { return spec.name.substr(spec.name.rfind('.') + 1); }

// Without the labels of every container and of the machine.
std::string own_labels(const std::string& labels) {
  static const std::set<std::string_view> kCommon = {"id", "name", "image", "machine_id", "system_uuid", "boot_id"};
  std::vector<std::string_view> names;
  for (std::string_view rest = labels; !rest.empty();) {
    const auto name = platform::take(rest, ',');
    if (kCommon.count(name) == 0 && !name.starts_with("container_label_")) {
      names.push_back(name);
    }
  }
  return joined(std::move(names));
}

TEST(CadvisorCompatibility, EveryFamilyIsHereWithItsTypeAndLabels) {
  for (const Row& row : originals()) {
    const auto* const spec = collector_of(row.name);
    if (spec == nullptr) {
      EXPECT_EQ(kLeftOut.count(row.name), 1U) << row.name << " is missing";
      continue;
    }
    const auto* const metric = declared(*spec, row.name);
    EXPECT_EQ(kLeftOut.count(row.name), 0U) << row.name;
    EXPECT_EQ(to_text(metric->type), row.type) << row.name;
    if (row.kind != "version") {  // whose labels are those of a block
      EXPECT_EQ(labels_of(*metric), row.labels) << row.name;
    }
  }
}

TEST(CadvisorCompatibility, KindsAreOnOrOffAsThere) {
  for (const Row& row : originals()) {
    const auto* const spec = collector_of(row.name);
    if (spec != nullptr && std::count(std::begin(kOffHere), std::end(kOffHere), row.kind) == 0) {
      EXPECT_EQ(spec->on_by_default, row.on) << row.kind << ": " << row.name;
    }
  }
}

TEST(CadvisorCompatibility, AKindsSwitchIsThatOfTheCollectorThatHasItsFamilies) {
  for (const Row& row : originals()) {
    const auto kind = std::find_if(std::begin(exporter::container::kKinds), std::end(exporter::container::kKinds),
                                   [&](const auto& entry) { return entry.word == row.kind; });
    const auto* const spec = collector_of(row.name);
    if (kind == std::end(exporter::container::kKinds) || spec == nullptr) {
      const std::set<std::string> always = {"always", "spec", "machine", "version"};
      EXPECT_TRUE(spec == nullptr || always.count(row.kind) == 1) << row.kind;
    } else {
      EXPECT_EQ(kind->option, "collector." + std::string(spec->name)) << row.name;
    }
  }
}

TEST(CadvisorCompatibility, GoldenPagesShowTheSameLabels) {
  std::map<std::string, Row> rows;
  for (Row& row : originals()) {
    rows.emplace(row.name, row);
  }
  for (const auto& listed : exporter::all_collectors()) {
    if (listed.room != "container") {
      continue;
    }
    for (const auto& [name, family] : golden_families("container", fixture_of(*listed.spec))) {
      const auto original = rows.find(name);
      if (original == rows.end()) {
        continue;
      }
      EXPECT_EQ(family.type, original->second.type) << name;
      std::set<std::string> own;
      for (const auto& labels : family.labels) {
        own.insert(own_labels(labels));
      }
      if (original->second.kind == "version") {
        EXPECT_EQ(own.size(), 1U) << name;
      } else {
        EXPECT_EQ(own, std::set<std::string>{original->second.labels}) << name;
      }
    }
  }
}

std::string families(std::size_t count) { return std::to_string(count) + (count == 1 ? " family" : " families"); }

struct Line {
  bool on = false;
  std::size_t there = 0;
  std::vector<std::string> missing;
  const exporter::CollectorSpec* spec = nullptr;
};

std::string table() {
  std::vector<std::string> order;
  std::map<std::string, Line> lines;
  std::set<std::string> known;
  for (const Row& row : originals()) {
    if (lines.count(row.kind) == 0) {
      order.push_back(row.kind);
    }
    Line& line = lines[row.kind];
    line.on = row.on;
    ++line.there;
    known.insert(row.name);
    const auto* const spec = collector_of(row.name);
    if (spec == nullptr) {
      line.missing.push_back(row.name);
    } else {
      line.spec = spec;
    }
  }
  std::string text =
      "| kind | collector | there | here | families there | here | more here |\n|---|---|---|---|---:|---|---|\n";
  for (const auto& kind : order) {
    const Line& line = lines[kind];
    text.append("| ").append(kind).append(" | ");
    text.append(line.spec != nullptr ? line.spec->name : "none").append(line.on ? " | on | " : " | off | ");
    text.append(line.spec == nullptr ? "" : line.spec->on_by_default ? "on" : "off");
    text.append(" | ").append(std::to_string(line.there)).append(" | ");
    text.append(line.missing.empty() ? "all" : "without " + quoted(line.missing)).append(" | ");
    std::vector<std::string> more;
    if (line.spec != nullptr && kind != "version") {
      for (const auto& metric : line.spec->metrics) {
        if (known.count(std::string(metric.name)) == 0) {
          more.emplace_back(metric.name);
        }
      }
    }
    text.append(more.size() > 4 ? families(more.size()) : quoted(more)).append(more.empty() ? "|\n" : " |\n");
  }
  return text;
}

TEST(CadvisorCompatibility, TheTableInReadmeIsThatOfTheSpecs) {
  expect_table("<!-- made by UPDATE_TABLES=1 all_tests --gtest_filter='CadvisorCompatibility.*' -->\n",
               "<!-- end of the table of kinds -->\n", table());
}

}  // namespace
}  // namespace tests
