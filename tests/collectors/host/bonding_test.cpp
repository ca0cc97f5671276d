#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

TEST(Bonding, AMachineWithoutTheDriverHasNoData) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/loadavg");
  FixtureRun run(spec_of("bonding"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

TEST(Bonding, ABondThatWentAndOneThatLostADevice) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/bonding");
  FixtureRun run(spec_of("bonding"), copy.path());
  run.scrape();
  EXPECT_NE(run.page().find("node_bonding_active{master=\"bond0\"} 2\n"), std::string::npos);
  EXPECT_NE(run.page().find("bond1"), std::string::npos);
  write_text(copy.path() / "sys/class/net/bonding_masters", "bond0\n");
  write_text(copy.path() / "sys/class/net/bond0/bonding/slaves", "eth1 eth2\n");
  run.scrape();
  EXPECT_NE(run.page().find("node_bonding_slaves{master=\"bond0\"} 2\n"), std::string::npos);
  EXPECT_NE(run.page().find("node_bonding_active{master=\"bond0\"} 1\n"), std::string::npos);
  EXPECT_EQ(run.page().find("bond1"), std::string::npos);
}

TEST(Bonding, ADeviceWithoutStateIsNotActive) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/bonding");
  fs::remove_all(copy.path() / "sys/class/net/bond0/lower_eth0");
  FixtureRun run(spec_of("bonding"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_NE(run.page().find("node_bonding_slaves{master=\"bond0\"} 3\n"), std::string::npos);
  EXPECT_NE(run.page().find("node_bonding_active{master=\"bond0\"} 1\n"), std::string::npos);
}

}  // namespace
}  // namespace tests
