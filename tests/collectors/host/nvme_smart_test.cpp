#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "collectors/host/nvme_smart_log.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;
using exporter::host::NvmeSmartLog;
using exporter::host::parse_nvme_smart_log;

class NvmeSmart : public testing::Test {
 protected:
  fs::path node(std::string_view name) const { return copy_.path() / "root/dev" / name; }
  static bool has(const FixtureRun& run, std::string_view text) { return run.page().find(text) != std::string::npos; }
  static unsigned problems(FixtureRun& run, exporter::Problem kind) {
    return run.sink().problems()[static_cast<std::size_t>(kind)];
  }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/nvme_smart"};
};

TEST(NvmeSmartLog, CountersAreLittleEndianAndOf128Bits) {
  std::array<std::uint8_t, NvmeSmartLog::kBytes> bytes{};
  bytes[64] = 0x02;
  bytes[65] = 0x01;
  bytes[80 + 15] = 0x80;  // 2^127
  bytes[112] = 0xff;
  bytes[113] = 0xff;
  const auto log = parse_nvme_smart_log(bytes);
  EXPECT_EQ(log.read_commands, 258);
  EXPECT_EQ(log.write_commands, 170141183460469231731687303715884105728.0);
  EXPECT_EQ(log.power_cycles, 65535);
  EXPECT_EQ(log.unsafe_shutdowns, 0);
}

TEST(NvmeSmartLog, UnitsBecomeBytesAndSeconds) {
  std::array<std::uint8_t, NvmeSmartLog::kBytes> bytes{};
  bytes[32] = 1;
  bytes[48] = 2;
  bytes[96] = 3;
  bytes[128] = 4;
  bytes[192] = 5;
  bytes[196] = 6;
  bytes[199] = 1;
  const auto log = parse_nvme_smart_log(bytes);
  EXPECT_EQ(log.bytes_read, 512000);
  EXPECT_EQ(log.bytes_written, 1024000);
  EXPECT_EQ(log.busy_seconds, 180);
  EXPECT_EQ(log.power_on_seconds, 14400);
  EXPECT_EQ(log.warning_temperature_seconds, 300);
  EXPECT_EQ(log.critical_temperature_seconds, ((1 << 24) + 6) * 60.0);
}

TEST(NvmeSmartLog, TheTemperatureIsInKelvinAndMayBeMissing) {
  std::array<std::uint8_t, NvmeSmartLog::kBytes> bytes{};
  EXPECT_FALSE(parse_nvme_smart_log(bytes).temperature_celsius.has_value());
  bytes[1] = 0x36;
  bytes[2] = 0x01;
  EXPECT_EQ(parse_nvme_smart_log(bytes).temperature_celsius, 36.85);
  bytes[1] = 0x08;
  EXPECT_EQ(parse_nvme_smart_log(bytes).temperature_celsius, -9.15);
}

TEST_F(NvmeSmart, WhatTheControllerDoesNotMeasureIsLeftOut) {
  write_text(node("nvme0"), std::string(NvmeSmartLog::kBytes, '\0'));
  FixtureRun run(spec_of("nvme_smart"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_FALSE(has(run, "node_nvme_smart_temperature_celsius"));
  EXPECT_FALSE(has(run, "node_nvme_smart_data_read_bytes_total"));
  EXPECT_TRUE(has(run, "node_nvme_smart_host_read_commands_total{device=\"nvme0\"} 0\n"));
}

TEST_F(NvmeSmart, AControllerThatIsNotLiveIsNotAsked) {
  fs::copy(node("nvme0"), node("nvme1"));
  FixtureRun run(spec_of("nvme_smart"), copy_.path());
  run.scrape();
  EXPECT_FALSE(has(run, "device=\"nvme1\""));
  write_text(copy_.path() / "sys/class/nvme/nvme1/state", "live\n");
  run.scrape();
  EXPECT_TRUE(has(run, "node_nvme_smart_power_cycles_total{device=\"nvme1\"} 12\n"));
}

TEST_F(NvmeSmart, ADeviceThatIsNoNvmeControllerRefusesTheCommand) {
  fs::remove(node("nvme0"));
  fs::create_symlink("/dev/null", node("nvme0"));
  FixtureRun run(spec_of("nvme_smart"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::failed);
  EXPECT_EQ(problems(run, exporter::Problem::io), 1U);
}

TEST_F(NvmeSmart, AMissingDeviceNodeCostsItsOwnControllerOnly) {
  fs::create_directory(copy_.path() / "sys/class/nvme/nvme2");
  FixtureRun run(spec_of("nvme_smart"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(run, "node_nvme_smart_power_cycles_total{device=\"nvme0\"} 12\n"));
  EXPECT_EQ(problems(run, exporter::Problem::missing), 1U);
}

TEST_F(NvmeSmart, WithoutTheClassThereIsNoData) {
  fs::remove_all(copy_.path() / "sys/class/nvme");
  FixtureRun run(spec_of("nvme_smart"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

}  // namespace
}  // namespace tests
