#include <gtest/gtest.h>

#include "collectors/host/pci_ids.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

class Pcidevice : public testing::Test {
 protected:
  fs::path file(std::string_view name) const { return copy_.path() / "sys/bus/pci/devices" / name; }
  FixtureRun run(std::string_view flags) {
    write_text(copy_.path() / "flags", flags);
    return FixtureRun(spec_of("pcidevice"), copy_.path());
  }
  static bool has(const FixtureRun& run, std::string_view text) { return run.page().find(text) != std::string::npos; }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/pcidevice"};
};

TEST_F(Pcidevice, WithoutNamesTheNumbersAreAll) {
  auto fixture = run("");
  EXPECT_EQ(fixture.scrape(), exporter::Outcome::ok);
  EXPECT_FALSE(has(fixture, "_name="));
  EXPECT_TRUE(has(fixture, "subsystem_device_id=\"0xa801\",revision=\"0x00\"} 1\n"));
}

TEST_F(Pcidevice, TheListOfNamesMayBeElsewhere) {
  write_text(copy_.path() / "names", "144d  Elsewhere\n");
  auto fixture = run("collector.pcidevice.names=true\ncollector.pcidevice.idsfile=$FIXTURE/names\n");
  fixture.scrape();
  EXPECT_TRUE(has(fixture, "vendor_name=\"Elsewhere\",device_name=\"a808\""));
}

TEST_F(Pcidevice, WithoutAListNumbersStandForNames) {
  fs::remove(copy_.path() / "root/usr/share/misc/pci.ids");
  auto fixture = run("collector.pcidevice.names=true\n");
  EXPECT_EQ(fixture.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(has(fixture, "vendor_name=\"144d\",device_name=\"a808\""));
  EXPECT_TRUE(has(fixture, "class_name=\"Unknown class (010802)\""));
  EXPECT_EQ(fixture.sink().problems()[static_cast<std::size_t>(exporter::Problem::missing)], 1U);
  fixture.scrape();
  EXPECT_EQ(fixture.sink().problems()[static_cast<std::size_t>(exporter::Problem::missing)], 0U);
}

TEST_F(Pcidevice, ADeviceThatDoesNotSayWhatItIsStillHasItsNumbers) {
  fs::remove(file("0000:05:00.1/vendor"));
  auto fixture = run("");
  EXPECT_EQ(fixture.scrape(), exporter::Outcome::ok);
  EXPECT_FALSE(has(fixture, "node_pcidevice_info{segment=\"0000\",bus=\"05\""));
  EXPECT_TRUE(
      has(fixture, "node_pcidevice_sriov_numvfs{bus=\"05\",device=\"00\",function=\"1\",segment=\"0000\"} 3\n"));
}

TEST_F(Pcidevice, AnUnknownUnitOfSpeedIsCountedAndLeftOut) {
  write_text(file("0000:05:00.1/max_link_speed"), "16.0 parsecs\n");
  auto fixture = run("");
  fixture.scrape();
  EXPECT_FALSE(has(fixture, "node_pcidevice_max_link_transfers_per_second{bus=\"05\""));
  EXPECT_EQ(fixture.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

TEST(PciIds, NamesAreFoundWhereTheyBelong) {
  const exporter::host::PciIds ids(
      "# a comment\n\n0001  One\n\t00aa  A\n\t\t0001 0002  Sub\n\t00bb  B\n# between\n0002  Two\n\t00aa  C\n"
      "C 02  Network\n\t00  Ethernet\n\t80  Other\n\t\t01  Odd\nC 03  Display\n");
  EXPECT_EQ(ids.vendor("0001"), "One");
  EXPECT_EQ(ids.vendor("0003"), "");
  EXPECT_EQ(ids.device("0001", "00aa"), "A");
  EXPECT_EQ(ids.device("0001", "00bb"), "B");
  EXPECT_EQ(ids.device("0002", "00aa"), "C");
  EXPECT_EQ(ids.device("0002", "00bb"), "");
  EXPECT_EQ(ids.subsystem("0001", "00aa", "0001 0002"), "Sub");
  EXPECT_EQ(ids.subsystem("0001", "00bb", "0001 0002"), "");
  EXPECT_EQ(ids.class_name("020000"), "Ethernet");
  EXPECT_EQ(ids.class_name("028001"), "Odd");
  EXPECT_EQ(ids.class_name("020500"), "Network");
  EXPECT_EQ(ids.class_name("030000"), "Display");
  EXPECT_EQ(ids.class_name("040000"), "");
}

}  // namespace
}  // namespace tests
