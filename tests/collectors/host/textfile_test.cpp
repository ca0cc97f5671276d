#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "collectors/host/textfile_parser.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::host::textfile::parse_file;

std::string error_of(std::string_view text) { return parse_file(text).error; }

// The lines of a good file, name{labels} value.
std::string lines_of(std::string_view text) {
  const auto file = parse_file(text);
  EXPECT_EQ(file.error, "");
  std::string result;
  for (const auto& family : file.families) {
    for (const auto& sample : family.samples) {
      result.append(family.name).append(sample.suffix);
      for (const auto& label : sample.labels) {
        result.append(" ").append(label.name).append("=").append(label.value);
      }
      result.append(" ").append(std::to_string(static_cast<long>(sample.value))).append("\n");
    }
  }
  return result;
}

TEST(TextfileParser, WritersAreFreeInBlanksCommentsAndOrderOfLabels) {
  EXPECT_EQ(lines_of("\n  # a comment\n#\n# HELP\n# TYPE a\n\ta\t{ z = \"1\" , b=\"2\", }\t7\na{b=\"3\",z=\"4\"}8\n"),
            "a b=2 z=1 7\na b=3 z=4 8\n");
}

TEST(TextfileParser, LabelsMissingInASampleAreEmpty) {
  EXPECT_EQ(lines_of("a{x=\"1\"} 1\na{y=\"2\"} 2\na 3\n"), "a x=1 y= 1\na x= y=2 2\na x= y= 3\n");
}

TEST(TextfileParser, HistogramsAndSummariesAreWhole) {
  EXPECT_EQ(lines_of("# TYPE h histogram\nh_bucket{le=\"1000000\"} 2\nh_bucket{le=\"0.10\"} 1\nh_count 3\n"),
            "h_bucket le=0.1 1\nh_bucket le=1e+06 2\nh_bucket le=+Inf 3\nh_sum 0\nh_count 3\n");
  EXPECT_EQ(lines_of("# TYPE s SUMMARY\ns{quantile=\"0.5\",x=\"1\"} 2\ns_sum{x=\"1\"} 4\ns_count{x=\"2\"} 5\n"),
            "s x=1 quantile=0.5 2\ns_sum x=1 4\ns_count x=1 0\ns_sum x=2 0\ns_count x=2 5\n");
  EXPECT_EQ(lines_of("a_sum 1\na_count 2\n"), "a_sum 1\na_count 2\n");
}

TEST(TextfileParser, FamiliesWithoutSamplesAreNotThere) { EXPECT_EQ(lines_of("# TYPE a gauge\n# HELP b text\n"), ""); }

TEST(TextfileParser, HelpIsUnescaped) {
  const auto file = parse_file("# HELP a one\\ntwo \\\\ three\na 1\n");
  ASSERT_EQ(file.families.size(), 1U);
  EXPECT_EQ(file.families[0].help, "one\ntwo \\ three");
}

TEST(TextfileParser, RefusesWhatItCannotBeSureOf) {
  for (const std::string_view text : {"a 1",
                                      "a\n",
                                      "a x\n",
                                      "a 1 1700000000000\n",
                                      "a 1 \n",
                                      "a 1\r\n",
                                      "1a 2\n",
                                      "a{b=\"1\" c=\"2\"} 1\n",
                                      "a{b=1} 1\n",
                                      "a{b=\"1} 1\n",
                                      "a{b=\"\\x\"} 1\n",
                                      "a{b=\"1\",b=\"2\"} 1\n",
                                      "a{__b=\"1\"} 1\n",
                                      "a{b:c=\"1\"} 1\n",
                                      "a{b=\"\xff\"} 1\n",
                                      "a{\"b\"=\"1\"} 1\n",
                                      "a{b=\"1\"\n",
                                      "# TYPE a gauge\n# TYPE a gauge\na 1\n",
                                      "a 1\n# TYPE a gauge\n",
                                      "# TYPE a gage\n",
                                      "# HELP a x\n# HELP a y\n",
                                      "# HELP a \\x\n",
                                      "# TYPE a-b gauge\n",
                                      "# TYPE a histogram\na_bucket{le=\"x\"} 1\n",
                                      "a 1e999\n"}) {
    EXPECT_NE(error_of(text), "") << text;
  }
  EXPECT_EQ(error_of("a 1\n\nb{c=\"\xc3\xa4\"} +Inf\nd nan\ne -2.5e-3\n"), "");
  EXPECT_EQ(error_of("a 1\nb x\n"), "line 2: value is no number");
}

class Textfile : public testing::Test {
 protected:
  Textfile() { fs::create_directories(folder("a")); }
  fs::path folder(const char* name) const { return copy_.path() / "metrics" / name; }
  void put(const char* place, std::string_view text) { tests::write_text(copy_.path() / "metrics" / place, text); }
  tests::FixtureRun run(const std::string& flags = "collector.textfile.directory=$FIXTURE/metrics/a\n") {
    tests::write_text(copy_.path() / "flags", flags);
    return {tests::spec_of("textfile"), copy_.path()};
  }
  static bool has(const tests::FixtureRun& run, std::string_view text) {
    return run.page().find(text) != std::string::npos;
  }
  std::string path(const char* place) const { return (copy_.path() / "metrics" / place).string(); }

  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/textfile"};
};

TEST_F(Textfile, WithoutAFolderOnlySaysThatNothingFailed) {
  auto page = run("");
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(page, "node_textfile_scrape_error 0\n"));
  EXPECT_FALSE(has(page, "mtime"));
}

TEST_F(Textfile, ChangesAreSeenAtTheNextScrape) {
  auto page = run();
  put("a/x.prom", "a 1\n");
  page.scrape();
  EXPECT_TRUE(has(page, "\na 1\n"));
  put("a/x.prom", "a 2\n");  // same size, perhaps within the same tick
  page.scrape();
  EXPECT_TRUE(has(page, "\na 2\n"));
  put("a/x.prom", "a 2");
  page.scrape();
  EXPECT_FALSE(has(page, "\na 2\n"));
  EXPECT_TRUE(has(page, "node_textfile_scrape_error 1\n"));
  put("a/x.prom", "a 3\n");
  put("a/y.prom", "b 4\n");
  page.scrape();
  EXPECT_TRUE(has(page, "\na 3\n"));
  EXPECT_TRUE(has(page, "\nb 4\n"));
  fs::remove(folder("a") / "x.prom");
  page.scrape();
  EXPECT_FALSE(has(page, "\na 3\n"));
  EXPECT_TRUE(has(page, "node_textfile_scrape_error 0\n"));
}

TEST_F(Textfile, ShowsWholeSecondsOfGoodFilesOnly) {
  put("a/good.prom", "a 1\n");
  put("a/bad.prom", "a 1 5\n");
  put("a/other.txt", "b 1\n");
  const timespec times[] = {{1700000000, 999999999}, {1700000000, 999999999}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path("a/good.prom").c_str(), times, 0), 0);
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(page, "node_textfile_mtime_seconds{file=\"" + path("a/good.prom") + "\"} 1700000000\n"));
  EXPECT_FALSE(has(page, "bad.prom"));
  EXPECT_FALSE(has(page, "other.txt"));
  EXPECT_TRUE(has(page, "node_textfile_scrape_error 1\n"));
}

TEST_F(Textfile, FilesMayShareANameUnlessTheyContradictEachOther) {
  put("a/1.prom", "a{f=\"1\"} 1\n");
  put("a/2.prom", "a{f=\"2\"} 2\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "# HELP a Metric read from " + path("a/1.prom") + ", " + path("a/2.prom") + "\n"));
  EXPECT_TRUE(has(page, "a{f=\"1\"} 1\na{f=\"2\"} 2\n"));
  put("a/1.prom", "# HELP b One.\nb{f=\"1\"} 1\n");
  put("a/2.prom", "# HELP b Other.\nb{f=\"2\"} 2\n");
  put("a/3.prom", "b{f=\"3\"} 3\n");
  put("a/4.prom", "# TYPE b counter\nb{f=\"4\"} 4\n");
  page.scrape();
  EXPECT_TRUE(has(page, "# HELP b One.\n# TYPE b untyped\nb{f=\"1\"} 1\nb{f=\"3\"} 3\n"));
  EXPECT_FALSE(has(page, "f=\"2\""));
  EXPECT_FALSE(has(page, "f=\"4\""));
  EXPECT_TRUE(has(page, "node_textfile_scrape_error 1\n"));
  EXPECT_TRUE(has(page, "node_textfile_mtime_seconds{file=\"" + path("a/2.prom")));
  EXPECT_EQ(page.sink().problems()[static_cast<std::size_t>(exporter::Problem::conflict)], 2U);
}

TEST_F(Textfile, AChangeOfTypeCannotBreakThePage) {
  put("a/x.prom", "a 1\n");
  auto page = run();
  page.scrape();
  put("a/x.prom", "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_count 1\n");
  page.scrape();
  EXPECT_TRUE(tests::parse_exposition(page.page()).errors.empty());
  EXPECT_TRUE(has(page, "node_textfile_scrape_error 1\n"));
}

TEST_F(Textfile, FoldersMayHaveWildcardsBeRepeatedAndBeMissing) {
  fs::create_directories(folder("b"));
  put("a/x.prom", "a 1\n");
  put("b/x.prom", "b 1\n");
  auto page =
      run("collector.textfile.directory=$FIXTURE/metrics/[ab]\ncollector.textfile.directory=$FIXTURE/metrics/a/\n");
  page.scrape();
  EXPECT_TRUE(has(page, "\na 1\n"));
  EXPECT_TRUE(has(page, "\nb 1\n"));
  EXPECT_TRUE(has(page, "node_textfile_scrape_error 0\n"));
  EXPECT_TRUE(tests::parse_exposition(page.page()).errors.empty());
  auto missing = run("collector.textfile.directory=$FIXTURE/none/*\n");
  EXPECT_EQ(missing.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(missing, "node_textfile_scrape_error 1\n"));
}

TEST_F(Textfile, AFifoIsRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo(path("a/pipe.prom").c_str(), 0600), 0);
  put("a/x.prom", "a 1\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "\na 1\n"));
  EXPECT_TRUE(has(page, "node_textfile_scrape_error 1\n"));
  fs::remove(folder("a") / "pipe.prom");
}

}  // namespace
