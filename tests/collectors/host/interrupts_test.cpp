#include <gtest/gtest.h>

#include "exporter/options.h"
#include "tests/support/fixture.h"

namespace {

class Interrupts : public testing::Test {
 protected:
  tests::FixtureRun run() { return {tests::spec_of("interrupts"), copy_.path()}; }
  void flags(std::string_view text) { tests::write_text(copy_.path() / "flags", text); }
  void put(std::string_view text) { tests::write_text(copy_.path() / "proc/interrupts", text); }
  static bool has(const tests::FixtureRun& run, std::string_view text) {
    return run.page().find(text) != std::string::npos;
  }
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/interrupts"};
};

TEST_F(Interrupts, WithoutZeros) {
  flags("collector.interrupts.include-zeros=false\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "type=\"8\",cpu=\"0\"} 1\n"));
  EXPECT_FALSE(has(page, "type=\"8\",cpu=\"2\""));
  EXPECT_FALSE(has(page, "type=\"120\""));
}

TEST_F(Interrupts, ThePatternSeesNameInfoAndDevices) {
  flags("collector.interrupts.name-include=^NMI;Non-maskable interrupts;$|^16;IR-IO-APIC;16-fasteoi ehci\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "type=\"NMI\""));
  EXPECT_TRUE(has(page, "type=\"16\""));
  EXPECT_FALSE(has(page, "type=\"8\""));
  flags("collector.interrupts.name-exclude=;ahci|ehci|Local\n");
  auto rest = run();
  rest.scrape();
  EXPECT_TRUE(has(rest, "type=\"NMI\""));
  EXPECT_FALSE(has(rest, "type=\"16\""));
  EXPECT_FALSE(has(rest, "type=\"LOC\""));
}

TEST_F(Interrupts, IncludeAndExcludeTogetherAreRefused) {
  flags("collector.interrupts.name-include=a\ncollector.interrupts.name-exclude=b\n");
  EXPECT_THROW(run(), exporter::OptionError);
}

TEST_F(Interrupts, AnotherDriverAndAnotherCpuAreNoticed) {
  auto page = run();
  page.scrape();
  put("  CPU0 CPU1\n 8: 5 6 IO-APIC 8-edge nvme0q1\n");
  page.scrape();
  EXPECT_TRUE(has(page, "devices=\"8-edge nvme0q1\",info=\"IO-APIC\",type=\"8\",cpu=\"1\"} 6\n"));
  EXPECT_FALSE(has(page, "rtc0"));
}

TEST_F(Interrupts, OneCpuHasRowsOfOneNumberToo) {
  put("  CPU0\nNMI: 5 Non-maskable\nERR: 7\n");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "devices=\"\",info=\"Non-maskable\",type=\"NMI\",cpu=\"0\"} 5\n"));
  EXPECT_FALSE(has(page, "ERR"));
  EXPECT_TRUE(page.sink().notes().empty());
}

TEST_F(Interrupts, WithoutAHeaderNothingIsBelieved) {
  put("NMI: 5 6 Non-maskable\n");
  auto page = run();
  EXPECT_EQ(page.scrape(), exporter::Outcome::failed);
  EXPECT_EQ(page.page(), "");
}

}  // namespace
