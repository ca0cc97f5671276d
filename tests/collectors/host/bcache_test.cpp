#include <gtest/gtest.h>

#include <array>

#include "collectors/host/human_size.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;
using exporter::host::Fraction;

// A size as it stands on the page; "none" when the text is no size.
std::string size_of(std::string_view text, Fraction fraction = Fraction::tenths) {
  const auto value = exporter::host::human_size(text, fraction);
  if (!value) {
    return "none";
  }
  std::array<char, exporter::Value::kMaxText> out{};
  return {out.data(), value->write(out.data())};
}

TEST(HumanSize, LettersArePowersOf1024) {
  EXPECT_EQ(size_of("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(size_of("512k"), "524288");
  EXPECT_EQ(size_of("2.00M"), "2097152");
  EXPECT_EQ(size_of("1.26K"), "1290");
  EXPECT_EQ(size_of("-1.5k"), "-1536");
  EXPECT_EQ(size_of("1.5"), "1");
}

TEST(HumanSize, ThePointOfBcacheIsAnother) {
  EXPECT_EQ(size_of("1.1M", Fraction::bcache), "1150976");
  EXPECT_EQ(size_of("1.10M", Fraction::bcache), "2072576");
  EXPECT_EQ(size_of("-1.5k", Fraction::bcache), "-1524");
  EXPECT_EQ(size_of("-0.5k", Fraction::bcache), "-500");
}

TEST(HumanSize, RefusesWhatIsNoSize) {
  for (const std::string_view text :
       {"", "k", ".", ".k", "1.2.3k", "1,5k", "12 k", "1.xk", "kk", "0x10", "infk", "1e"}) {
    EXPECT_EQ(size_of(text), "none") << text;
  }
  EXPECT_EQ(size_of("1.k", Fraction::bcache), "none");
  EXPECT_EQ(size_of("1.-5k", Fraction::bcache), "none");
}

TEST(Bcache, PriorityStatsAreReadOnDemandOnly) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/bcache");
  fs::remove(copy.path() / "flags");
  FixtureRun run(spec_of("bcache"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("node_bcache_written_bytes_total"), std::string::npos);
  EXPECT_EQ(run.page().find("priority"), std::string::npos);
}

TEST(Bcache, AMachineWithoutBcacheIsASuccessWithoutSamples) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  FixtureRun run(spec_of("bcache"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page(), "");
}

}  // namespace
}  // namespace tests
