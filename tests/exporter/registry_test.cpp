#include "exporter/registry.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/allocations.h"
#include "tests/support/exposition.h"

namespace exporter {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "b_bytes", "Second by name."},
    {MetricType::counter, "a_total", "First \\ by name.", {"device"}},
};

std::string render(Registry& registry, std::initializer_list<const Sink*> sinks) {
  std::string page;
  tests::append_page(registry, std::span<const Sink* const>(sinks.begin(), sinks.size()), page);
  return page;
}

TEST(Registry, SortsFamiliesAndWritesOneHeaderEach) {
  Sink one(kMetrics);
  Sink two(kMetrics);
  one.add(kMetrics[0], 7);
  one.add(kMetrics[1], 1, {"sda"});
  two.add(kMetrics[1], 2, {"sdb"});
  Registry registry;
  EXPECT_EQ(render(registry, {&one, &two}),
            "# HELP a_total First \\\\ by name.\n# TYPE a_total counter\n"
            "a_total{device=\"sda\"} 1\na_total{device=\"sdb\"} 2\n"
            "# HELP b_bytes Second by name.\n# TYPE b_bytes gauge\nb_bytes 7\n");
  EXPECT_EQ(registry.series(), 3U);
}

TEST(Registry, ASinkMayShowAnotherFirstPartOfItsNames) {
  const MetricDesc metrics[] = {
      {MetricType::gauge, "redis_up", "Up."},
      {MetricType::summary, "redis_time_seconds", "Time."},
      {MetricType::gauge, "resource_exporter_x", "Not one of them."},
  };
  for (const std::string instead : {"cache_", ""}) {
    Registry registry;
    Sink sink(metrics);
    sink.rename("redis_", instead);
    sink.add(metrics[0], 1);
    sink.add_part(metrics[1], "_sum", 2, {});
    sink.add(metrics[2], 3);
    const auto family = sink.dynamic(MetricType::gauge, "redis_more", "More.");
    sink.add(family, 4);
    sink.add(sink.dynamic(MetricType::gauge, "redis_more", "More."), 5, LabelBlock(std::array{Label{"a", "b"}}));
    const auto page = render(registry, {&sink});
    EXPECT_NE(page.find("# TYPE " + instead + "up gauge\n" + instead + "up 1\n"), std::string::npos) << page;
    EXPECT_NE(page.find("# TYPE " + instead + "time_seconds summary\n" + instead + "time_seconds_sum 2\n"),
              std::string::npos)
        << page;
    EXPECT_NE(page.find("\n" + instead + "more 4\n" + instead + "more{a=\"b\"} 5\n"), std::string::npos) << page;
    EXPECT_NE(page.find("\nresource_exporter_x 3\n"), std::string::npos) << page;
    EXPECT_EQ(page.find("redis_"), std::string::npos) << page;
  }
}

TEST(Registry, DropsTheLaterOfTwoEqualSeriesAndCountsIt) {
  Sink one(kMetrics);
  Sink two(kMetrics);
  one.add(kMetrics[1], 1, {"sda"});
  two.add(kMetrics[1], 5, {"sdc"});
  two.add(kMetrics[1], 2, {"sda"});
  two.add(kMetrics[1], 3, {"sdb"});
  Registry registry;
  EXPECT_EQ(render(registry, {&one, &two}),
            "# HELP a_total First \\\\ by name.\n# TYPE a_total counter\n"
            "a_total{device=\"sda\"} 1\na_total{device=\"sdc\"} 5\na_total{device=\"sdb\"} 3\n");
  ASSERT_EQ(registry.dropped().size(), 1U);
  EXPECT_EQ(registry.dropped()[0].sink, 1U);
  EXPECT_EQ(registry.dropped()[0].kind, Problem::duplicate);
  EXPECT_EQ(registry.dropped()[0].what, "a_total{device=\"sda\"}");
  EXPECT_EQ(registry.dropped()[0].count, 1U);
  EXPECT_EQ(registry.series(), 3U);
}

TEST(Registry, FindsADuplicateThatComesOnALaterPage) {
  const MetricDesc metrics[] = {{MetricType::gauge, "node_a", "A.", {"device"}}};
  Sink sink(metrics);
  Registry registry;
  const auto page = [&](std::initializer_list<std::string_view> devices) {
    sink.clear();
    for (const auto device : devices) {
      sink.add(metrics[0], 1, {device});
    }
    const Sink* sinks[] = {&sink};
    std::string text;
    tests::append_page(registry, sinks, text);
    return text;
  };
  const std::string one = page({"a", "b", "c"});
  EXPECT_EQ(page({"a", "b", "c"}), one);
  EXPECT_EQ(registry.series(), 3U);
  EXPECT_EQ(page({"a", "b", "c", "b"}), one);
  ASSERT_EQ(registry.dropped().size(), 1U);
  EXPECT_EQ(registry.dropped()[0].what, "node_a{device=\"b\"}");
  EXPECT_EQ(page({"a", "b", "c", "b"}), one) << "the same duplicates again are not taken for a page without";
  EXPECT_EQ(registry.dropped().size(), 1U);
  EXPECT_EQ(page({"a", "b", "c"}), one);
  EXPECT_TRUE(registry.dropped().empty());
  EXPECT_EQ(page({"b", "b"}), page({"b"}));
}

TEST(Registry, CleansHelpThatIsMadeOfTheKernelsWords) {
  Sink sink({});
  sink.add(sink.dynamic(MetricType::gauge, "node_x", "A \\ \"b\"\nc \xED."), 1);
  Registry registry;
  EXPECT_EQ(render(registry, {&sink}), "# HELP node_x A \\\\ \"b\"\\nc \xEF\xBF\xBD.\n# TYPE node_x gauge\nnode_x 1\n");
}

TEST(Registry, KeepsTheTypeSeenFirst) {
  Sink builtin(kMetrics);
  Sink textfile({});
  builtin.add(kMetrics[0], 1);
  textfile.add(textfile.dynamic(MetricType::counter, "b_bytes", "Other."), 2);
  Registry registry;
  EXPECT_EQ(render(registry, {&builtin, &textfile}),
            "# HELP b_bytes Second by name.\n# TYPE b_bytes gauge\nb_bytes 1\n");
  ASSERT_EQ(registry.dropped().size(), 1U);
  EXPECT_EQ(registry.dropped()[0].kind, Problem::conflict);
}

TEST(Registry, AForeignTypeGivesWayAndIsGoodForOnePage) {
  Sink builtin(kMetrics);
  Sink app({});
  Sink other({});
  app.set_foreign();
  other.set_foreign();
  app.add(app.dynamic(MetricType::counter, "b_bytes", "Theirs."), 2);
  app.add(app.dynamic(MetricType::counter, "own", "Own."), 2);
  other.add(other.dynamic(MetricType::gauge, "own", "Other."), 3);
  Registry registry;
  EXPECT_EQ(render(registry, {&app, &other}),
            "# HELP b_bytes Theirs.\n# TYPE b_bytes counter\nb_bytes 2\n# HELP own Own.\n# TYPE own counter\nown 2\n");
  ASSERT_EQ(registry.dropped().size(), 1U);
  EXPECT_EQ(registry.dropped()[0].sink, 1U);
  EXPECT_EQ(render(registry, {&other}), "# HELP own Other.\n# TYPE own gauge\nown 3\n");
  builtin.add(kMetrics[0], 1);
  EXPECT_EQ(render(registry, {&builtin, &other}),
            "# HELP b_bytes Second by name.\n# TYPE b_bytes gauge\nb_bytes 1\n"
            "# HELP own Other.\n# TYPE own gauge\nown 3\n");
  builtin.clear();
  EXPECT_EQ(render(registry, {&builtin, &app}), "# HELP own Own.\n# TYPE own counter\nown 2\n");
  EXPECT_EQ(registry.dropped()[0].what, "b_bytes");
}

TEST(Registry, WritesAnySubsetOfSinksAfterAnother) {
  Sink one(kMetrics);
  Sink two(kMetrics);
  one.add(kMetrics[0], 1);
  two.add(two.dynamic(MetricType::gauge, "c", "Third."), 3);
  Registry registry;
  render(registry, {&one, &two});
  EXPECT_EQ(render(registry, {&two}), "# HELP c Third.\n# TYPE c gauge\nc 3\n");
  EXPECT_EQ(render(registry, {&one}), "# HELP b_bytes Second by name.\n# TYPE b_bytes gauge\nb_bytes 1\n");
}

TEST(Registry, AWarmPageAllocatesNothing) {
  Sink sink(kMetrics);
  for (int i = 0; i < 100; ++i) {
    const std::string device = "disk" + std::to_string(i);
    sink.add(kMetrics[1], i, {device});
  }
  Registry registry;
  Body page;
  const Sink* sinks[] = {&sink};
  registry.render(sinks, page);
  page.recycle();
  const std::size_t before = tests::allocations();
  registry.render(sinks, page);
  EXPECT_EQ(tests::allocations() - before, 0U);
  EXPECT_EQ(registry.series(), 100U);
}

TEST(Sink, CleansLabelsSoThatThePageHoldsWhateverComes) {
  Sink sink(kMetrics);
  std::string hostile("a\\b\"c\nd\xff\xc3\xa4\xed\xa0\x80");
  hostile += '\0';
  sink.add(kMetrics[1], 1, {hostile});
  Registry registry;
  const std::string page = render(registry, {&sink});
  const std::string expected =
      "a_total{device=\"a\\\\b\\\"c\\nd\xEF\xBF\xBD\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" +
      std::string(1, '\0') + "\"} 1\n";
  EXPECT_NE(page.find(expected), std::string::npos) << page;
  EXPECT_TRUE(tests::parse_exposition(page).errors.empty());
}

TEST(Sink, PrintsTheShortestTextThatReadsBackEqual) {
  Sink sink({});
  const auto family = sink.dynamic(MetricType::gauge, "v", "Values.");
  sink.add(family, 0.1 + 0.2);
  sink.add(family, 18446744073709551615ULL);
  sink.add(family, -9223372036854775807LL - 1);
  sink.add(family, 1.0);
  sink.add(family, 1.0 / 0.0);
  sink.add(family, -1.0 / 0.0);
  sink.add(family, 0.0 / 0.0);
  sink.add(family, true);
  EXPECT_EQ(sink.columns()[0]->lines.text(),
            "v 0.30000000000000004\nv 18446744073709551615\nv -9223372036854775808\nv 1\nv +Inf\nv -Inf\nv NaN\nv 1\n");
}

TEST(Sink, RefusesNamesThatAreNone) {
  Sink sink({});
  const auto bad = sink.dynamic(MetricType::gauge, "no good", "x");
  sink.add(bad, 1);
  EXPECT_EQ(sink.columns().size(), 0U);
  EXPECT_EQ(sink.problems()[static_cast<std::size_t>(Problem::parse)], 1U);
}

TEST(Sink, ADenialIsOneWhicheverCallMetIt) {
  Sink sink({});
  sink.problem(Problem::io, "file", EACCES);
  sink.problem(Problem::io, "call", EPERM);
  sink.problem(Problem::io, "disk", EIO);
  EXPECT_EQ(sink.problems()[static_cast<std::size_t>(Problem::denied)], 2U);
  EXPECT_EQ(sink.problems()[static_cast<std::size_t>(Problem::io)], 1U);
}

TEST(Sink, WritesLinesOfAnyLengthWhole) {
  for (std::size_t size = 470; size < 530; ++size) {
    const std::string plain(size, 'x');
    Sink sink(kMetrics);
    sink.add(kMetrics[1], 18446744073709551615U, {plain});
    sink.add(kMetrics[1], -0.25, {plain + "\"" + plain});
    sink.add(kMetrics[1], 1, LabelBlock(kMetrics[1], {plain + plain}));
    EXPECT_EQ(sink.columns()[1]->lines.text(), "a_total{device=\"" + plain + "\"} 18446744073709551615\n" +
                                                   "a_total{device=\"" + plain + "\\\"" + plain + "\"} -0.25\n" +
                                                   "a_total{device=\"" + plain + plain + "\"} 1\n");
  }
}

TEST(Sink, PutsConstantLabelsFirst) {
  Sink sink(kMetrics);
  sink.set_constant_labels("target=\"a:1\"");
  sink.add(kMetrics[0], 1);
  sink.add(kMetrics[1], 2, {"sda"});
  EXPECT_EQ(sink.columns()[0]->lines.text(), "b_bytes{target=\"a:1\"} 1\n");
  EXPECT_EQ(sink.columns()[1]->lines.text(), "a_total{target=\"a:1\",device=\"sda\"} 2\n");
}

}  // namespace
}  // namespace exporter
