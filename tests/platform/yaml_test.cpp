#include "platform/yaml.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using platform::YamlDuplicates;
using platform::YamlNode;

// The tree on one line: texts in quotes where they were quoted, and [ ] and { } around what they hold.
std::string show(const YamlNode& node) {
  std::string text;
  switch (node.kind) {
    case YamlNode::Kind::scalar:
      return node.quoted ? "\"" + node.text + "\"" : node.text;
    case YamlNode::Kind::sequence:
      for (const auto& item : node.items) {
        text.append(text.empty() ? "" : " ").append(show(item));
      }
      return "[" + text + "]";
    case YamlNode::Kind::mapping:
      for (const auto& member : node.members) {
        text.append(text.empty() ? "" : " ").append(show(member.key)).append("=").append(show(member.value));
      }
      return "{" + text + "}";
  }
  return text;
}

std::string read(std::string_view text, YamlDuplicates duplicates = YamlDuplicates::refuse) {
  std::string error;
  const auto document = platform::parse_yaml("a.yml", text, error, duplicates);
  if (!document) {
    return error;
  }
  std::string result = show(document->root);
  for (const auto& warning : document->warnings) {
    result.append("\n").append(warning);
  }
  return result;
}

TEST(Yaml, ScalarsSequencesAndMappingsOfEveryStyle) {
  EXPECT_EQ(read("a: 1\nb:\n  - x y\n  - 'it''s'\nc: {d: \"\\t\\u00e9\", e: [1, 2]}\n"),
            "{a=1 b=[x y \"it's\"] c={d=\"\t\xc3\xa9\" e=[1 2]}}");
  EXPECT_EQ(read("q: |\n  SELECT 1,\n    'a: b' -- # no comment\n\nf: >-\n  one\n  two\n"),
            "{q=\"SELECT 1,\n  'a: b' -- # no comment\n\" f=\"one two\"}");
  EXPECT_EQ(read("--- # comment\n- !!str 5\n- !!int 5\n- ! x\n...\n"), "[\"5\" 5 \"x\"]");
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "a: b"),
            "{a=b}");
}

TEST(Yaml, AnEmptyFileIsNull) {
  for (const std::string_view text : {"", "# nothing\n", "---\n", "~", "null"}) {
    std::string error;
    const auto document = platform::parse_yaml("a.yml", text, error);
    ASSERT_TRUE(document) << error;
    EXPECT_TRUE(document->root.is_null()) << text;
  }
}

TEST(Yaml, NodesKnowWhereTheyBegin) {
  std::string error;
  const auto document = platform::parse_yaml("dir/a.yml", "a:\n  - 1\n  - \xc3\xa4: x\n    k: {y: z}\n", error);
  ASSERT_TRUE(document) << error;
  const YamlNode& item = document->root.find("a")->items.at(1);
  EXPECT_EQ(item.line, 3U);
  EXPECT_EQ(item.column, 5U);
  EXPECT_EQ(document->at(item.members.at(0).value, "what"), "dir/a.yml:3:8: what");  // characters, not bytes
  EXPECT_EQ(document->at(*item.find("k")->find("y"), "what"), "dir/a.yml:4:12: what");
}

TEST(Yaml, WordsForTruthAndNothing) {
  std::string error;
  const auto document = platform::parse_yaml(
      "a", "[yes, No, ON, off, True, FALSE, 'true', tRUE, 1, truely, null, Null, '~', 'null', nULL]", error);
  ASSERT_TRUE(document) << error;
  std::string words;
  for (const auto& item : document->root.items) {
    const auto truth = item.boolean();
    words += truth ? (*truth ? '1' : '0') : item.is_null() ? 'n' : '-';
  }
  EXPECT_EQ(words, "101010----nn---");
  EXPECT_FALSE(document->root.boolean());
  EXPECT_EQ(document->root.find("x"), nullptr);
  EXPECT_EQ(document->root.items.at(0).find("x"), nullptr);
}

TEST(Yaml, AliasesAreCopiesAndMergesGiveWay) {
  EXPECT_EQ(read("a: &x [1, &y 2]\nb: *x\nc: *y\n"), "{a=[1 2] b=[1 2] c=2}");
  EXPECT_EQ(read("a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3}\n"), "{a={k=1 l=2} b={l=3 k=1}}");
  EXPECT_EQ(read("a: &x {k: 1}\nb: &y {k: 2, m: 3}\nc: {<<: [*x, *y], n: 4}\n"),
            "{a={k=1} b={k=2 m=3} c={n=4 k=1 m=3}}");
  EXPECT_EQ(read("a: {'<<': x}"), "{a={\"<<\"=x}}");
  EXPECT_EQ(read("a: &x 1\nb: &x 2\nc: *x\n"), "{a=1 b=2 c=2}");
  EXPECT_EQ(read("a: {<<: 1}"), "a.yml:1:9: << merges mappings only; name one with *");
  EXPECT_EQ(
      read("a: *b"),
      "a.yml:1:4: this alias names no value before it; define it with &, or put a text that begins with * in quotes");
  EXPECT_EQ(read("a: &x [*x]").substr(0, 38), "a.yml:1:8: this alias names no value b");
}

TEST(Yaml, ABillionLaughsEndEarly) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    const std::string own = "a" + std::to_string(i);
    text.append(own).append(": &").append(own).append(" [").append(before);
    for (int j = 0; j < 9; ++j) {
      text.append(", ").append(before);
    }
    text.append("]\n");
  }
  EXPECT_EQ(read(text), "a.yml:5:40: more than this program is willing to hold; use fewer values or aliases");
  std::string copies = "a: &a '" + std::string(platform::kYamlMaxBytes / 2, 'x') + "'\nb: [";
  for (int i = 0; i < 10; ++i) {
    copies += "*a,";
  }
  EXPECT_EQ(read(copies + "]"), "a.yml:2:20: more than this program is willing to hold; use fewer values or aliases");
}

TEST(Yaml, LimitsOfDepthAndSize) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(read(nested(platform::kYamlMaxDepth)), nested(platform::kYamlMaxDepth));
  EXPECT_EQ(read(nested(platform::kYamlMaxDepth + 1)), "a.yml:1:65: nested more than 64 deep; make it flatter");
  EXPECT_EQ(read(nested(50000)), "a.yml:1:65: nested more than 64 deep; make it flatter");
  const std::string chain = "- &a0 " + nested(40) + "\n";
  EXPECT_EQ(read(chain + "- &a1 [[*a0]]\n").substr(0, 8), "[[[[[[[[");
  EXPECT_EQ(read(chain + "- " + std::string(30, '[') + "*a0" + std::string(30, ']')),
            "a.yml:2:33: nested more than 64 deep; make it flatter");
  EXPECT_EQ(read(std::string(platform::kYamlMaxBytes + 1, '#')),
            "a.yml:1:1: larger than 1 MiB; is this the right file?");
}

TEST(Yaml, KeysThatComeTwice) {
  EXPECT_EQ(read("a: 1\nb: 2\n'a': 3\n"), "a.yml:3:1: the key 'a' stands in line 1 already; remove one");
  EXPECT_EQ(read("a: 1\nb: 2\na: 3\na: 4\n", YamlDuplicates::last_counts),
            "{b=2 a=4}\na.yml:3:1: the key 'a' stands in line 1 already, this one counts; remove one"
            "\na.yml:4:1: the key 'a' stands in line 3 already, this one counts; remove one");
  EXPECT_EQ(read("[a]: 1"), "a.yml:1:1: a key must be a plain text; put a text that begins with { or [ in quotes");
}

TEST(Yaml, OtherMistakesSayWhereAndHowToMend) {
  EXPECT_EQ(read("a: 1\n\tb: 2\n"),
            "a.yml:2:1: found a tab character that violates indentation; indent with spaces, not with tabs");
  EXPECT_EQ(read("a: @x\n"), "a.yml:1:4: found character that cannot start any token; put the text in quotes");
  EXPECT_EQ(read("a: b: c\n"),
            "a.yml:1:5: mapping values are not allowed in this context; "
            "put a text with a colon in it in quotes, or mend the indentation");
  EXPECT_EQ(read("a:\n  b: 'x\n  c: y\n"),
            "a.yml:2:6: found unexpected end of stream; close the quote or bracket that begins here");
  EXPECT_EQ(read("a: 1\nb\nc: 2\n"),
            "a.yml:3:1: could not find expected ':'; mend the indentation, quotes or brackets around here");
  EXPECT_EQ(read("a: \xff\n"),
            "a.yml:1:4: invalid leading UTF-8 octet; save the file as UTF-8 and without control characters");
  EXPECT_EQ(read("a: !x 1"),
            "a.yml:1:4: this tag (!...) has no meaning here; remove it, or put a text that begins with ! in quotes");
  EXPECT_EQ(read("a: 1\n---\nb: 2\n"),
            "a.yml:2:1: a second document begins; leave one in the file, without lines of \"---\" in it");
}

}  // namespace
