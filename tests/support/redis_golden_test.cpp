// For every Redis collector in list.inc, over tests/fixtures/redis/<name>/: the golden page, replies cut at every byte
// of the stream and of each text in it, a second scrape that is identical and allocates nothing.
//   reply.resp     the replies to the collector's commands, as the server sends them; reply-<case>.resp for more cases
//   expected.prom  the page; expected-<case>.prom
//   flags          options that differ from the default; flags-<case>
//   server         optional: what INFO said at an earlier scrape; server-<case>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <tuple>

#include "collectors/all.h"
#include "platform/text.h"
#include "tests/support/allocations.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"
#include "tests/support/redis_run.h"

namespace fs = std::filesystem;
using exporter::Outcome;

namespace tests {
namespace {

struct Case {
  std::string collector;
  std::string variant;  // "" or "-<case>"
  fs::path folder;

  std::string file(const std::string& stem, const std::string& end = {}) const {
    return read_text(folder / (stem + variant + end));
  }
  void prepare(RedisRun& run) const {
    if (const std::string info = file("server"); !info.empty()) {
      run.learn(info);
    }
  }
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& listed : exporter::all_collectors()) {
    if (!std::holds_alternative<exporter::MakeCommand>(listed.spec->make)) {
      continue;
    }
    const std::string name(listed.spec->name);
    const fs::path folder = fs::path(FIXTURES) / listed.room / name.substr(name.rfind('.') + 1);
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string file = entry.path().filename().string();
      if (file.starts_with("reply") && file.ends_with(".resp")) {
        cases.push_back({name, file.substr(5, file.size() - 10), folder});
      }
    }
  }
  std::sort(cases.begin(), cases.end(), [](const Case& a, const Case& b) {
    return std::tie(a.collector, a.variant) < std::tie(b.collector, b.variant);
  });
  return cases;
}

class EveryCommand : public testing::TestWithParam<Case> {
 protected:
  static void expect_sound(std::string_view bytes, const std::string& what) {
    RedisRun run(GetParam().collector, GetParam().file("flags"));
    GetParam().prepare(run);
    run.read(bytes);
    const auto parsed = parse_exposition(run.page());
    EXPECT_TRUE(parsed.errors.empty()) << what << ": " << (parsed.errors.empty() ? "" : parsed.errors.front());
  }
};

TEST_P(EveryCommand, MatchesGolden) {
  const Case& one = GetParam();
  RedisRun run(one.collector, one.file("flags"));
  one.prepare(run);
  const Outcome outcome = run.read(one.file("reply", ".resp"));
  EXPECT_EQ(run.stream_error(), "");
  EXPECT_EQ(run.used(), run.replies()) << "the fixture answers other commands";
  const std::string page = run.page();
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    write_text(one.folder / ("expected" + one.variant + ".prom"), page);
  }
  EXPECT_EQ(outcome, page.empty() ? Outcome::no_data : Outcome::ok);
  EXPECT_EQ(difference(one.file("expected", ".prom"), page), "");
  const auto parsed = parse_exposition(page);
  EXPECT_TRUE(parsed.errors.empty()) << (parsed.errors.empty() ? "" : parsed.errors.front());
}

TEST_P(EveryCommand, SurvivesStreamCutAtEveryByte) {
  const std::string whole = GetParam().file("reply", ".resp");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    expect_sound(std::string_view(whole).substr(0, size), "cut at " + std::to_string(size));
  }
}

TEST_P(EveryCommand, SurvivesEachTextCutAtEveryByte) {
  const std::string whole = GetParam().file("reply", ".resp");
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t line_end = whole.find("\r\n", at);
    ASSERT_NE(line_end, std::string::npos);
    const std::size_t body = line_end + 2;
    if (whole[at] != '$') {
      at = body;
      continue;
    }
    const auto length = platform::number<int>(std::string_view(whole).substr(at + 1, line_end - at - 1)).value_or(-1);
    const auto size = static_cast<std::size_t>(std::max(length, 0));
    for (std::size_t cut = 0; cut < size; ++cut) {
      const std::string bytes = whole.substr(0, at) + bulk(whole.substr(body, cut)) + whole.substr(body + size + 2);
      expect_sound(bytes, "text at " + std::to_string(at) + " cut at " + std::to_string(cut));
    }
    at = length < 0 ? body : body + size + 2;
  }
}

TEST_P(EveryCommand, SecondScrapeIsIdenticalAndAllocatesNothing) {
  const std::string whole = GetParam().file("reply", ".resp");
  RedisRun run(GetParam().collector, GetParam().file("flags"));
  GetParam().prepare(run);
  run.read(whole);
  const std::string first = run.page();
  run.read(whole);
  EXPECT_EQ(run.page(), first);
  const std::size_t before = allocations();
  run.read(whole);
  EXPECT_EQ(allocations() - before, 0U);
}

INSTANTIATE_TEST_SUITE_P(Redis, EveryCommand, testing::ValuesIn(all_cases()), [](const auto& test) {
  std::string name = test.param.collector + test.param.variant;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
});

}  // namespace
}  // namespace tests
