#include <gtest/gtest.h>

#include "exporter/options.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

class Infiniband : public testing::Test {
 protected:
  fs::path device(std::string_view name) const { return copy_.path() / "sys/class/infiniband" / name; }
  FixtureRun run(std::string_view flags = "") {
    write_text(copy_.path() / "flags", flags);
    return FixtureRun(spec_of("infiniband"), copy_.path());
  }
  static bool has(const FixtureRun& run, std::string_view text) { return run.page().find(text) != std::string::npos; }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/infiniband"};
};

TEST_F(Infiniband, AValueThatIsNoNumberIsCountedAndOneThatTheDeviceCannotGiveIsNot) {
  auto fixture = run();
  EXPECT_EQ(fixture.scrape(), exporter::Outcome::ok);
  const auto& problems = fixture.sink().problems();
  EXPECT_EQ(problems[static_cast<std::size_t>(exporter::Problem::parse)], 1U);  // symbol_error
  EXPECT_FALSE(has(fixture, "node_infiniband_symbol_error_total{device=\"qib0\""));
  EXPECT_FALSE(has(fixture, "node_infiniband_link_downed_total{device=\"qib0\""));
}

TEST_F(Infiniband, OnlyIncludedDevicesAreShown) {
  auto fixture = run("collector.infiniband.device-include=^qib\n");
  EXPECT_EQ(fixture.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(fixture, "device=\"qib0\""));
  EXPECT_FALSE(has(fixture, "device=\"mlx5_0\""));
}

TEST_F(Infiniband, IncludeAndExcludeTogetherAreRefused) {
  EXPECT_THROW(run("collector.infiniband.device-include=a\ncollector.infiniband.device-exclude=b\n"),
               exporter::OptionError);
}

TEST_F(Infiniband, ANewFirmwareAndANewPortAreSeen) {
  auto fixture = run();
  fixture.scrape();
  write_text(device("qib0") / "fw_ver", "1.3\n");
  fs::create_directories(device("qib0") / "ports/2");
  write_text(device("qib0") / "ports/2/state", "4: ACTIVE\n");
  fixture.scrape();
  EXPECT_TRUE(has(fixture, "{board_id=\"\",device=\"qib0\",firmware_version=\"1.3\",hca_type=\"\"} 1\n"));
  EXPECT_FALSE(has(fixture, "firmware_version=\"1.2\""));
  EXPECT_TRUE(has(fixture, "node_infiniband_state_id{device=\"qib0\",port=\"2\"} 4\n"));
}

TEST_F(Infiniband, WithoutTheClassThereIsNoData) {
  fs::remove_all(device(""));
  auto fixture = run();
  EXPECT_EQ(fixture.scrape(), exporter::Outcome::no_data);
}

}  // namespace
}  // namespace tests
