// The oracle of the other tests must see what it is there for.
#include "tests/support/exposition.h"

#include <gtest/gtest.h>

namespace tests {
namespace {

TEST(Exposition, AcceptsWhatKeepsTheRules) {
  const auto page = parse_exposition(
      "# HELP a Help \\\\ with\\n escapes.\n# TYPE a counter\na{x=\"\\\\ \\\" \\n \xC3\xA4\",y=\"\"} "
      "1\na{x=\"b\",y=\"\"} NaN\n"
      "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 2.5e-05\nh_count 1\n");
  EXPECT_TRUE(page.errors.empty()) << page.errors.front();
  EXPECT_EQ(page.families.at("a").samples.at("a{x=\"b\",y=\"\"}"), "NaN");
  EXPECT_EQ(page.families.at("h").samples.size(), 3U);
}

TEST(Exposition, RefusesWhatBreaksThem) {
  const std::string head = "# HELP a A.\n# TYPE a gauge\n";
  for (const std::string& wrong : {
           std::string("a 1\n"),                                   // no HELP and TYPE
           std::string("# TYPE a gauge\na 1\n"),                   // no HELP
           head,                                                   // no samples
           head + "a 1",                                           // no newline at the end
           head + "a 1\n\n",                                       // blank line
           head + "a 1\na 2\n",                                    // series twice
           head + "a 0x10\n",                                      // not a number here
           head + "a  1\n",                                        // two spaces
           head + "a 1 1700000000000\n",                           // timestamp
           head + "a{} 1\n",                                       // empty braces
           head + "a{x=\"1\",x=\"2\"} 1\n",                        // label twice
           head + "a{x=\"1\" ,y=\"2\"} 1\n",                       // space
           head + "a{9=\"1\"} 1\n",                                // label name
           head + "a{x=\"\\t\"} 1\n",                              // unknown escape
           head + "a{x=\"\xff\"} 1\n",                             // not UTF-8
           head + "b 1\n",                                         // another family's sample
           head + "a_bucket{le=\"1\"} 1\n",                        // suffix without the type
           head + "a 1\n" + head + "a{x=\"1\"} 1\n",               // family twice
           "# HELP b B.\n# TYPE b gauge\nb 1\n" + head + "a 1\n",  // not sorted
           head + "a 1\n# a comment\n",
       }) {
    EXPECT_FALSE(parse_exposition(wrong).errors.empty()) << wrong;
  }
}

}  // namespace
}  // namespace tests
