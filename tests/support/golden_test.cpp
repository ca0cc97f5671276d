// For every collector of this machine in list.inc: the golden page, every fixture file cut at every byte, missing and
// unreadable files, a second scrape that is identical and allocates nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "collectors/all.h"
#include "tests/support/allocations.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace fs = std::filesystem;
using exporter::ListedCollector;
using exporter::Outcome;

namespace tests {
namespace {

// Test programs are started anywhere: read from the source tree, never write there unless asked to.
std::vector<ListedCollector> machine_collectors() {
  std::vector<ListedCollector> result;
  for (const auto& listed : exporter::all_collectors()) {
    if (std::holds_alternative<exporter::MakeCollector>(listed.spec->make)) {
      result.push_back(listed);
    }
  }
  return result;
}

class EveryCollector : public testing::TestWithParam<ListedCollector> {
 protected:
  static fs::path folder_name() {
    std::string name(GetParam().spec->name);
    const auto dot = name.rfind('.');
    return fs::path(FIXTURES) / GetParam().room / (dot == std::string::npos ? name : name.substr(dot + 1));
  }
  static std::vector<fs::path> input_files(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const auto name = entry.path().filename();
      if (entry.is_regular_file() && !entry.is_symlink() && name != "expected.prom" && name != "flags") {
        files.push_back(entry.path());
      }
    }
    return files;
  }
  void expect_sound(FixtureRun& run, const std::string& what) {
    run.scrape();
    const auto parsed = parse_exposition(run.page());
    EXPECT_TRUE(parsed.errors.empty()) << what << ": " << (parsed.errors.empty() ? "" : parsed.errors.front());
  }
  const FixtureCopy copy_{folder_name()};
};

TEST_P(EveryCollector, MatchesGolden) {
  FixtureRun run(*GetParam().spec, copy_.path());
  const Outcome outcome = run.scrape();
  std::string page = run.page();
  // Paths of the private copy read as $FIXTURE.
  for (auto at = page.find(copy_.path().string()); at != std::string::npos; at = page.find(copy_.path().string())) {
    page.replace(at, copy_.path().string().size(), "$FIXTURE");
  }
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    write_text(folder_name() / "expected.prom", page);
  }
  EXPECT_EQ(outcome, Outcome::ok);
  EXPECT_EQ(difference(read_text(folder_name() / "expected.prom"), page), "");
  const auto parsed = parse_exposition(page);
  EXPECT_TRUE(parsed.errors.empty()) << (parsed.errors.empty() ? "" : parsed.errors.front());
  EXPECT_FALSE(parsed.families.empty());
}

TEST_P(EveryCollector, SurvivesInputCutAtEveryByte) {
  for (const auto& file : input_files(copy_.path())) {
    const std::string whole = read_text(file);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      write_text(file, std::string_view(whole).substr(0, size));
      FixtureRun run(*GetParam().spec, copy_.path());
      expect_sound(run, file.filename().string() + " cut at " + std::to_string(size));
    }
    write_text(file, whole);
  }
}

TEST_P(EveryCollector, SurvivesMissingAndUnreadableFiles) {
  for (const auto& file : input_files(copy_.path())) {
    const std::string whole = read_text(file);
    fs::remove(file);
    {
      FixtureRun run(*GetParam().spec, copy_.path());
      expect_sound(run, file.filename().string() + " missing");
    }
    fs::create_directory(file);  // reading a folder fails for root as well (EISDIR)
    {
      FixtureRun run(*GetParam().spec, copy_.path());
      expect_sound(run, file.filename().string() + " unreadable");
    }
    fs::remove(file);
    write_text(file, whole);
  }
}

TEST_P(EveryCollector, SecondScrapeIsIdenticalAndAllocatesNothing) {
  FixtureRun run(*GetParam().spec, copy_.path());
  run.scrape();
  const std::string first = run.page();
  run.scrape();
  const std::string expected = read_text(folder_name() / "expected.prom");
  if (expected.find(" *\n") == std::string::npos) {
    EXPECT_EQ(run.page(), first);
  }
  if (GetParam().spec->pace == exporter::Pace::inline_fast) {
    const std::size_t before = allocations();
    run.scrape();
    EXPECT_EQ(allocations() - before, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Collectors, EveryCollector, testing::ValuesIn(machine_collectors()), [](const auto& test) {
  std::string name = std::string(test.param.room) + "_" + std::string(test.param.spec->name);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

}  // namespace
}  // namespace tests
