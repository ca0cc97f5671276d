#include "collectors/merge/page.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "tests/support/allocations.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"
#include "tests/support/page_run.h"

namespace exporter::merge {
namespace {

using tests::PageRun;

std::string fixture(const std::string& name) { return tests::read_text(std::string(FIXTURES) + "/merge/page/" + name); }

struct Case {
  const char* page;
  const char* expected;
  Format format;
};
constexpr Case kCases[] = {{"page.txt", "expected.prom", Format::text},
                           {"page-open.om", "expected-open.prom", Format::open_metrics}};

TEST(MergePage, MatchesGolden) {
  for (const auto& one : kCases) {
    PageRun run;
    EXPECT_EQ(run.read(fixture(one.page), one.format), "");
    const auto page = run.page();
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
      tests::write_text(std::string(FIXTURES) + "/merge/page/" + one.expected, page);
    }
    EXPECT_EQ(fixture(one.expected), page);
    const auto parsed = tests::parse_exposition(page);
    EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.front();
  }
}

TEST(MergePage, SurvivesBeingCutAtEveryByte) {
  for (const auto& one : kCases) {
    const auto whole = fixture(one.page);
    PageRun run;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto wrong = run.read(std::string_view(whole).substr(0, size), one.format);
      if (one.format == Format::text) {
        EXPECT_TRUE(wrong.empty() || wrong == "what it answers cannot be read as metrics") << size << wrong;
      } else {
        EXPECT_EQ(wrong.empty(), size == whole.size() - 1) << size << wrong;
      }
      const auto parsed = tests::parse_exposition(run.page());
      EXPECT_TRUE(parsed.errors.empty()) << size << ": " << parsed.errors.front();
    }
  }
}

TEST(MergePage, AWarmReadIsIdenticalAndAllocatesNothing) {
  const std::string text = "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 2\n\n# c\nb{x=\"y\"} 4\n";
  PageRun run;
  for (int i = 0; i < 3; ++i) {
    run.read(text);
  }
  const auto before = tests::allocations();
  EXPECT_EQ(run.read(text), "");
  EXPECT_EQ(tests::allocations() - before, 0U);
  EXPECT_EQ(run.samples(), 3U);
  EXPECT_EQ(run.page().substr(run.page().find("# TYPE b")), "# TYPE b untyped\nb{merge_target=\"app\",x=\"y\"} 4\n");
}

TEST(MergePage, ReadsWhatChanged) {
  PageRun run;
  run.read("a 1\nb 2\n");
  run.read("a 10\nb 2\n");
  EXPECT_NE(run.page().find("\na{merge_target=\"app\"} 10\n"), std::string::npos);
  run.read("a 10\nb 2");
  EXPECT_EQ(run.samples(), 1U);
  run.read("a 10\nb 2\n");
  EXPECT_EQ(run.samples(), 2U);
  run.read("a   11 \nb 2\n");
  EXPECT_NE(run.page().find("\na{merge_target=\"app\"} 11\n"), std::string::npos);
  run.read("a 10\nc 5\nb 2\n");
  EXPECT_NE(run.page().find("\nc{merge_target=\"app\"} 5\n"), std::string::npos);
  run.read("c 6\n");
  EXPECT_EQ(run.page().find("a{"), std::string::npos);
  EXPECT_NE(run.page().find("\nc{merge_target=\"app\"} 6\n"), std::string::npos);
  // An application that was replaced may have another type for the same name.
  run.read("# TYPE c counter\nc 7\n");
  EXPECT_NE(run.page().find("# TYPE c counter\nc{merge_target=\"app\"} 7\n"), std::string::npos) << run.page();
}

TEST(MergePage, AValueThatIsNoneCostsItsFamilyUntilItIsOne) {
  PageRun run;
  run.read("a 1\na{x=\"y\"} 1\nb 2\n");
  EXPECT_EQ(run.read("a 1\na{x=\"y\"} one\nb 2\n"), "");
  EXPECT_EQ(run.page().find("\na{"), std::string::npos);
  EXPECT_NE(run.page().find("\nb{merge_target=\"app\"} 2\n"), std::string::npos);
  EXPECT_EQ(run.remarks(), std::vector<std::string>{"a is left out: a value is no number"});
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(Problem::parse)], 1U);
  run.read("a 1\na{x=\"y\"} 2\nb 2\n");
  EXPECT_EQ(run.samples(), 3U);
  EXPECT_TRUE(run.remarks().empty());
}

TEST(MergePage, SaysWhatIsWrongWithEachFamily) {
  PageRun run;
  run.read(fixture("page.txt"));
  const std::vector<std::string> expected = {
      "app_open is left out: a histogram without the bucket +Inf",
      "app_twice is left out: its TYPE comes twice or after its samples",
      "app_word is left out: a value is no number",
      "app_unclosed is left out: value of label a is not closed, not UTF-8 or has an unknown escape",
      "app_label_twice is left out: label a twice",
      "app_invalid is left out: value of label a is not closed, not UTF-8 or has an unknown escape",
      "app_bare is left out: it has a sample whose name does not fit its type",
      "app_odd is left out: its type is unknown",
      "there are lines that are no part of any family; they are left out"};
  EXPECT_EQ(run.remarks(), expected);
  run.read(fixture("page-open.om"), Format::open_metrics);
  const std::vector<std::string> open = {"bad_exemplar is left out: an exemplar that is none",
                                         "bare is left out: it has a sample whose name does not fit its type"};
  EXPECT_EQ(run.remarks(), open);
}

TEST(MergePage, RefusesWhatIsNoPage) {
  PageRun run(3);
  EXPECT_EQ(run.read(""), "");
  EXPECT_EQ(run.samples(), 0U);
  EXPECT_EQ(run.read("# only a comment\n"), "");
  EXPECT_EQ(run.read("<!DOCTYPE html>\n<html><body>Hello</body></html>\n"),
            "what it answers cannot be read as metrics");
  EXPECT_EQ(run.read("a 1\nb 2\nc 3\n"), "");
  EXPECT_EQ(run.read("a 1\nb 2\nc 3\nd 4\n"), "more than 3 series; --merge.max-series takes more");
  EXPECT_EQ(run.page(), "");
  EXPECT_EQ(run.read("# TYPE a gauge\n# TYPE b gauge\n# TYPE c gauge\n# TYPE d gauge\n"),
            "more than 3 families; --merge.max-series takes more");
  for (const auto* const cut : {"", "a 1\n", "a 1\n# EO", "a 1\n## EOF\n", "x# EOF\n"}) {
    EXPECT_EQ(run.read(cut, Format::open_metrics), "OpenMetrics that does not end with # EOF: it was cut") << cut;
  }
  EXPECT_EQ(run.read("# EOF\na 1\n# EOF\n", Format::open_metrics), "OpenMetrics with text behind its # EOF");
  EXPECT_EQ(run.read("# EOF", Format::open_metrics), "");
  EXPECT_EQ(run.read("a 1\n# EOF\n", Format::open_metrics), "");
  EXPECT_EQ(run.samples(), 1U);
}

TEST(MergePage, NamesThatArePartsOfAnotherFamilyStandOnce) {
  PageRun run;
  run.read(
      "# TYPE a histogram\n# TYPE a_count gauge\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n"
      "a_bucket{le=\"1\",x=\"y\"} 1\na_bucket{le=\"Inf\",x=\"y\"} 1\n");
  EXPECT_EQ(run.remarks(), std::vector<std::string>{"a_count is left out: its name is that of a part of a"});
  EXPECT_EQ(run.samples(), 4U);
  run.read("# TYPE a summary\na{quantile=\"x\"} 1\n# TYPE b histogram\nb_bucket 1\nc 1\n");
  const std::vector<std::string> expected = {"a is left out: the label quantile is missing or no number",
                                             "b is left out: the label le is missing or no number"};
  EXPECT_EQ(run.remarks(), expected);
}

TEST(MergePage, LinesOfNobodyTakeNoMemoryEach) {
  PageRun run(10);
  EXPECT_EQ(run.read("a 1\n" + std::string(1 << 20, '\n') + "b 2\n"), "");
  EXPECT_EQ(run.samples(), 2U);
  EXPECT_EQ(run.read("a 2\n" + std::string(1 << 20, '\n') + "b 3\n"), "");
  EXPECT_NE(run.page().find("\nb{merge_target=\"app\"} 3\n"), std::string::npos);
}

std::string large_page(int value) {
  std::string text;
  for (int family = 0; family < 100; ++family) {
    const std::string name = "app_requests_" + std::to_string(family) + "_total";
    text.append("# HELP " + name + " Requests of a kind.\n# TYPE " + name + " counter\n");
    for (int series = 0; series < 100; ++series) {
      text.append(name + "{method=\"GET\",path=\"/api/v1/items/" + std::to_string(series) + "\",code=\"200\"} ");
      text.append(std::to_string(series * 1000 + value) + "\n");
    }
  }
  return text;
}

TEST(MergePage, TenThousandSeriesTakeMilliseconds) {
  PageRun run;
  for (int i = 0; i < 5; ++i) {
    const auto text = large_page(i);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(run.read(text), "");
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    RecordProperty(i == 0 ? "first_ms" : "warm_ms", std::to_string(took.count()));
    EXPECT_EQ(run.samples(), 10000U);
    EXPECT_LT(took.count(), 1000);
  }
}

}  // namespace
}  // namespace exporter::merge
