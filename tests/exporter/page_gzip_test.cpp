#include "exporter/page_gzip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "exporter/body.h"
#include "exporter/page_gzips.h"
#include "tests/exporter/page_gzip_pages.h"
#include "tests/support/allocations.h"

namespace exporter {
namespace {

using namespace page_gzip_test;

TEST(PageGzip, TheFirstPageIsRefusedAndTheSecondIsNot) {
  Packer packer;
  const std::string text = text_of(lines_of(50, 10));
  const std::string first(packer.learn(text));
  EXPECT_LE(first.size(), size_by_libdeflate(text) * 115 / 100);
  EXPECT_EQ(packer.pack(text), first);
  EXPECT_LE(packer.gzip.memory(), text.size() * 2);
}

// As a page of containers: too many of them between two families for deflate to see the same labels again.
TEST(PageGzip, LabelsThatAllFamiliesCarryAreKeptOnce) {
  std::minstd_rand random(7);  // NOLINT(cert-msc51-cpp): the same every time
  std::vector<std::string> labels;
  for (int i = 0; i < 200; ++i) {
    std::string id(64, 'f');
    std::generate(id.begin(), id.end(), [&] { return "0123456789abcdef"[random() % 16]; });
    labels.push_back("{id=\"/docker/" + id + "\",name=\"service-" + std::to_string(i) + "\",image=\"" +
                     std::string(120, 'i') + "\"} ");
  }
  const auto page = [&](int value) {
    std::string text;
    for (int family = 0; family < 20; ++family) {
      for (std::size_t i = 0; i < labels.size(); ++i) {
        text += "container_family" + std::to_string(family) + "_bytes" + labels[i] +
                std::to_string(static_cast<int>(i) * value + family) + "\n";
      }
    }
    return text;
  };
  Packer packer;
  const std::string text = page(1);
  packer.learn(text);
  EXPECT_LT(packer.gzip.memory(), text.size() * 3 / 5);
  EXPECT_LE(packer.pack(page(2)).size(), size_by_libdeflate(page(2)) * 115 / 100);
  // A container that went, and another with labels of its own.
  labels.erase(labels.begin() + 7);
  labels.push_back("{id=\"/docker/new\"} ");
  EXPECT_FALSE(packer.pack(page(3)).empty());
  EXPECT_FALSE(packer.pack(page(4)).empty());
}

TEST(PageGzip, RefusesWhatItHasNoRoomFor) {
  PageGzip gzip;
  const std::string text = text_of(lines_of(5, 5));
  std::string out(PageGzip::bound(text.size()), '\0');
  EXPECT_EQ(gzip.pack({}, out.data(), out.size()), 0U);
  EXPECT_EQ(gzip.pack(text, out.data(), out.size() - 1), 0U);
  EXPECT_EQ(gzip.pack(text, out.data(), out.size()), 0U) << "the first page";
  EXPECT_NE(gzip.pack(text, out.data(), out.size()), 0U);
  const std::string large(PageGzip::kMostText + 1, 'x');
  EXPECT_EQ(gzip.pack(large, nullptr, PageGzip::bound(large.size())), 0U);
}

TEST(PageGzip, ValuesOfEveryLength) {
  Packer packer;
  auto lines = lines_of(20, 20);
  packer.learn(text_of(lines));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    lines[i].value = std::string(i, static_cast<char>('0' + i % 10));  // to 399 characters
  }
  EXPECT_FALSE(packer.pack(text_of(lines)).empty());
  for (auto& line : lines) {
    line.value = "1.2345678e+09";
  }
  EXPECT_FALSE(packer.pack(text_of(lines)).empty());
  for (auto& line : lines) {
    line.value.clear();
  }
  EXPECT_FALSE(packer.pack(text_of(lines)).empty());
}

TEST(PageGzip, AllocatesNothingWhenWarm) {
  auto lines = lines_of(30, 10);
  std::string text = text_of(lines);
  PageGzip gzip;
  std::string out(2 * PageGzip::bound(text.size()), '\0');
  gzip.pack(text, out.data(), out.size());
  gzip.pack(text, out.data(), out.size());
  lines[7].value = "12345.678";
  lines[100].value = "0";
  text = text_of(lines);
  const auto before = tests::allocations();
  const std::size_t size = gzip.pack(text, out.data(), out.size());
  EXPECT_EQ(tests::allocations(), before);
  EXPECT_EQ(unpacked({out.data(), size}, text.size()), text);
}

TEST(PageGzip, LinesComeGoAndMove) {
  Packer packer;
  auto lines = lines_of(40, 10);
  packer.learn(text_of(lines));
  lines.insert(lines.begin() + 50, {"node_new{device=\"sd1\"}", "5"});
  lines.insert(lines.begin(), {"first", "5"});
  lines.push_back({"last", "5"});
  EXPECT_FALSE(packer.pack(text_of(lines)).empty());
  lines.erase(lines.begin() + 100, lines.begin() + 103);  // others repeat these
  EXPECT_FALSE(packer.pack(text_of(lines)).empty());
  lines.erase(lines.begin() + 200, lines.begin() + 240);
  EXPECT_FALSE(packer.pack(text_of(lines)).empty());
  std::swap(lines[10], lines[300]);
  std::swap(lines[11], lines[12]);
  const std::string text = text_of(lines);
  EXPECT_FALSE(packer.pack(text).empty());
  EXPECT_LE(packer.pack(text).size(), size_by_libdeflate(text) * 115 / 100);
  std::reverse(lines.begin(), lines.end());
  packer.pack(text_of(lines));
  lines.resize(20);
  packer.pack(text_of(lines));
}

TEST(PageGzip, OddTexts) {
  std::string bytes;
  for (int i = 0; i < 2048; ++i) {
    bytes += static_cast<char>(i % 256);
  }
  const std::string wide(40000, 'w');
  const std::string page = text_of(lines_of(9, 9));
  for (const std::string& text :
       {std::string("\n"), std::string(" "), std::string("a"), std::string("a 1"), std::string("a\nb\nc\n\n\n"),
        std::string("\n\n\n \n \n"), std::string("# only\n# comments\n"), bytes, wide, wide + "{} 1\n" + wide + " 2\n",
        page.substr(0, page.size() - 1), std::string("no_space\nno_space_either\na b\n")}) {
    Packer packer;
    packer.pack(text);
    packer.pack(text);
    packer.pack(page + text);
    packer.pack(text + page + text);
    packer.pack(page + text + page);
    packer.pack(page + text + page);
    packer.pack(page);
    packer.pack(text);
    packer.pack(page);
  }
}

TEST(PageGzip, LargePages) {
  for (const std::size_t families : {100U, 1300U, 7500U}) {  // 70 kB, 1 MB, 6 MB
    auto lines = lines_of(families, 10);
    Packer packer;
    const std::string text = text_of(lines);
    EXPECT_LE(packer.learn(text).size(), size_by_libdeflate(text) * 125 / 100) << text.size();
    for (std::size_t i = 0; i < lines.size(); i += 3) {
      lines[i].value += "7";
    }
    lines.erase(lines.begin() + 77);
    EXPECT_FALSE(packer.pack(text_of(lines)).empty());
    EXPECT_FALSE(packer.pack(text_of(lines)).empty());
  }
}

TEST(PageGzip, APageThatChangesWhollyIsRefusedAndLearnedLater) {
  Packer packer;
  packer.learn(text_of(lines_of(40, 10)));
  auto lines = lines_of(40, 10);
  for (auto& line : lines) {
    line.series = "other_" + line.series.substr(line.series.rfind('\n') + 1);
  }
  const std::string text = text_of(lines);
  EXPECT_TRUE(packer.pack(text).empty());
  EXPECT_EQ(packer.gzip.memory(), sizeof(PageGzip)) << "what is forgotten takes no room";
  EXPECT_TRUE(packer.pack(text).empty()) << "one more page is waited for";
  EXPECT_FALSE(packer.pack(text).empty());
}

TEST(PageGzip, APageThatNeverComesToRestIsLeftToOthers) {
  Packer packer;
  const auto lines = lines_of(40, 10);
  auto fewer = lines;
  fewer.erase(fewer.begin() + 205);
  packer.learn(text_of(lines));
  int packed = 0;
  constexpr int kPages = 600;
  for (int i = 0; i < kPages; ++i) {
    packed += packer.pack(text_of(i % 2 == 0 ? fewer : lines)).empty() ? 0 : 1;
  }
  EXPECT_LT(packed, kPages / 8);
  EXPECT_LE(packer.gzip.memory(), text_of(lines).size() * 3);
  // Once it rests it is learned, and a single change is no reason to stop.
  int pages = 0;
  while (packer.pack(text_of(lines)).empty()) {
    ASSERT_LT(++pages, 200);
  }
  EXPECT_FALSE(packer.pack(text_of(lines)).empty());
  EXPECT_FALSE(packer.pack(text_of(fewer)).empty());
  EXPECT_FALSE(packer.pack(text_of(fewer)).empty());
}

TEST(PageGzip, SixThousandPagesWithChangesAtRandom) {
  std::minstd_rand random(20240229);  // NOLINT(cert-msc51-cpp): the same every time
  auto lines = lines_of(20, 8);
  Packer packer;
  packer.learn(text_of(lines));
  std::size_t packed = 0;
  for (int i = 0; i < 6000; ++i) {
    const auto any = [&] { return random() % lines.size(); };
    switch (random() % 18) {  // most pages differ in values only: others are given up in the end
      case 0:
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(any()),
                     {"node_line{number=\"" + std::to_string(random() % 200) + "\"}", "1"});
        break;
      case 1:
        if (lines.size() > 100) {
          lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(any()));
        }
        break;
      case 2:
        std::swap(lines[any()], lines[any()]);
        break;
      case 3: {
        std::string& series = lines[any()].series;
        series[random() % series.size()] = static_cast<char>(random() % 256);
        break;
      }
      default:
        lines[any()].value = std::string(random() % 40, static_cast<char>('0' + random() % 10));
    }
    packed += packer.pack(text_of(lines)).empty() ? 0 : 1;
    ASSERT_FALSE(HasFailure()) << "change " << i;
  }
  EXPECT_GE(packed, 5000U);
}

TEST(PageGzip, EachSelectionHasItsOwnAndTheLastFourAreKept) {
  PageGzips gzips;
  const auto all = gzips.of(Selection::everything());
  EXPECT_EQ(gzips.of(Selection::everything()), all);
  std::vector<std::shared_ptr<SharedPageGzip>> modules;
  for (const auto module : {Module::node, Module::container, Module::postgres}) {
    modules.push_back(gzips.of(Selection::of(module)));
    EXPECT_NE(modules.back(), all);
  }
  EXPECT_EQ(gzips.of(Selection::everything()), all);
  gzips.of(Selection::of(Module::redis));  // takes the place of node
  EXPECT_EQ(gzips.of(Selection::everything()), all);
  EXPECT_EQ(gzips.of(Selection::of(Module::container)), modules[1]);
  EXPECT_NE(gzips.of(Selection::of(Module::node)), modules[0]);
}

TEST(Body, GzipIsRightWhicheverWayItIsMade) {
  const auto shared = std::make_shared<SharedPageGzip>();
  BodyPool pool;
  auto lines = lines_of(20, 10);
  for (int i = 0; i < 5; ++i) {
    lines[3].value = std::to_string(i);
    const auto body = pool.take();
    EXPECT_EQ(body->page_gzip, nullptr) << "of the page before";
    body->text = text_of(lines);
    body->page_gzip = shared;
    EXPECT_EQ(unpacked(body->gzip(), body->text.size()), body->text);
    EXPECT_EQ(body->gzip().data(), body->gzip().data());
  }
  EXPECT_GT(shared->gzip.memory(), sizeof(PageGzip)) << "it was learned";
  const auto body = pool.take();
  body->text = text_of(lines);
  body->page_gzip = shared;
  const std::unique_lock busy(shared->mutex);
  EXPECT_EQ(unpacked(body->gzip(), body->text.size()), body->text) << "while another thread packs such a page";
}

}  // namespace
}  // namespace exporter
