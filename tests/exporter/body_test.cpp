#include "exporter/body.h"

#include <gtest/gtest.h>

#include <thread>

#include "exporter/registry.h"
#include "tests/support/exposition.h"

namespace exporter {
namespace {

constexpr MetricDesc kMetrics[] = {
    {MetricType::gauge, "a_bytes", "Small.", {"device"}},
    {MetricType::gauge, "b_bytes", "Large.", {"device"}},
    {MetricType::gauge, "c_bytes", "Small again.", {"device"}},
};

void fill(Sink& sink, int lines) {
  sink.clear();
  sink.add(kMetrics[0], 1, {"x"});
  for (int i = 0; i < lines; ++i) {
    sink.add(kMetrics[1], i, {std::to_string(i)});
  }
  sink.add(kMetrics[2], 2, {"y"});
}

std::string from(const Body& body, std::size_t offset) {
  std::string text;
  EXPECT_TRUE(body.write(offset, [&](std::string_view part) {
    text += part;
    return true;
  }));
  return text;
}

TEST(Body, TheLargestTextsAreNotCopiedAndStayAsTheyWere) {
  constexpr int kLines = 20000;
  Sink sink(kMetrics);
  fill(sink, kLines);
  Registry registry;
  const Sink* const sinks[] = {&sink};
  std::string whole;
  tests::append_page(registry, sinks, whole);
  Body body;
  registry.render(sinks, body);
  EXPECT_EQ(registry.series(), static_cast<std::size_t>(kLines) + 2);
  ASSERT_EQ(body.pieces.size(), 1U);
  EXPECT_EQ(body.pieces[0].lines.text().data(), sink.columns()[1]->lines.text().data());
  EXPECT_LT(body.text.size(), 500U);
  EXPECT_EQ(body.size(), whole.size());
  EXPECT_EQ(body.whole(), whole);
  for (const std::size_t offset :
       {std::size_t{0}, std::size_t{1}, body.pieces[0].at, body.pieces[0].at + 5, whole.size() - 3, whole.size()}) {
    EXPECT_EQ(from(body, offset), whole.substr(offset)) << offset;
  }
  fill(sink, 1);
  EXPECT_EQ(body.whole(), whole);
  EXPECT_NE(body.pieces[0].lines.text().data(), sink.columns()[1]->lines.text().data());
}

TEST(Body, MemoryComesBackToTheSinkWithTheBody) {
  Sink sink(kMetrics);
  fill(sink, 20000);
  Registry registry;
  const Sink* const sinks[] = {&sink};
  Body body;
  registry.render(sinks, body);
  const char* const lines = sink.columns()[1]->lines.text().data();
  body.recycle();
  fill(sink, 20000);
  EXPECT_EQ(sink.columns()[1]->lines.text().data(), lines);
}

TEST(Body, WritingStopsWhereTheReaderDoes) {
  Body body;
  body.text = "ab";
  SharedText middle;
  middle.writable() = "12";
  body.pieces.push_back({1, middle});
  std::string seen;
  EXPECT_FALSE(body.write(0, [&](std::string_view part) {
    seen += part;
    return seen.size() < 2;
  }));
  EXPECT_EQ(seen, "a12");
  EXPECT_EQ(from(body, 0), "a12b");
}

TEST(SharedText, ReadersInOtherThreadsKeepWhatTheyHave) {
  SharedText text;
  for (int round = 0; round < 200; ++round) {
    text.empty();
    text.writable() = std::to_string(round);
    std::thread reader([copy = text, round] { EXPECT_EQ(copy.text(), std::to_string(round)); });
    text.empty();
    text.writable() = "next";
    reader.join();
  }
}

// Series that change places, or turn up twice, are seen although lines are told apart by fingerprints only.
TEST(Registry, DuplicatesAreFoundWhateverStoodThereBefore) {
  Sink first(kMetrics);
  Sink second(kMetrics);
  Registry registry;
  const Sink* const sinks[] = {&first, &second};
  const auto page = [&](std::initializer_list<std::string_view> one, std::initializer_list<std::string_view> two) {
    first.clear();
    second.clear();
    for (const auto value : one) {
      first.add(kMetrics[0], 1, {value});
    }
    LabelBlock block;
    for (const auto value : two) {
      block.clear();
      block.append("device", value);
      second.add(kMetrics[0], 2, block);
    }
    std::string text;
    tests::append_page(registry, sinks, text);
    return registry.series();
  };
  EXPECT_EQ(page({"a", "b"}, {"c"}), 3U);
  EXPECT_EQ(page({"a", "b"}, {"c"}), 3U);
  EXPECT_EQ(page({"a", "b"}, {"b"}), 2U);
  EXPECT_EQ(page({"a", "b"}, {"c"}), 3U);
  EXPECT_EQ(page({"a"}, {"a"}), 1U);
  EXPECT_EQ(page({"a", "a"}, {}), 1U);
  EXPECT_EQ(page({"b", "a"}, {"c"}), 3U);
}

}  // namespace
}  // namespace exporter
