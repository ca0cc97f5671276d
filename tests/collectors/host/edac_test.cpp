#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

class Edac : public testing::Test {
 protected:
  fs::path file(std::string_view name) const { return copy_.path() / "sys/devices/system/edac/mc" / name; }
  static bool has(const FixtureRun& run, std::string_view text) { return run.page().find(text) != std::string::npos; }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/edac"};
};

TEST_F(Edac, AFileThatIsMissingOrWrongCostsItsOwnSampleOnly) {
  FixtureRun run(spec_of("edac"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(run, "node_edac_correctable_errors_total{controller=\"12\"} 13\n"));
  EXPECT_FALSE(has(run, "node_edac_uncorrectable_errors_total{controller=\"12\"}"));
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

TEST_F(Edac, ALabelIsShownAsTheAdministratorWritesIt) {
  FixtureRun run(spec_of("edac"), copy_.path());
  run.scrape();
  EXPECT_TRUE(has(run, "dimm_label=\"mc0_csrow0_channel0\"} 6\n"));
  EXPECT_TRUE(has(run, "{channel=\"10\",controller=\"0\",csrow=\"0\",dimm_label=\"unknown\"} 9\n"));
  write_text(file("mc0/csrow0/ch0_dimm_label"), "CPU1_DIMM_A1\n");
  run.scrape();
  EXPECT_TRUE(has(run, "dimm_label=\"CPU1_DIMM_A1\"} 6\n"));
  EXPECT_FALSE(has(run, "mc0_csrow0_channel0"));
  write_text(file("mc0/csrow0/ch0_dimm_label"), "");
  run.scrape();
  EXPECT_TRUE(has(run, "dimm_label=\"\"} 6\n"));
}

TEST_F(Edac, AMachineWithoutSuchMemoryIsNoFailure) {
  fs::remove_all(file(""));
  FixtureRun run(spec_of("edac"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(run.page(), "");
}

}  // namespace
}  // namespace tests
