#include <gtest/gtest.h>

#include "tests/support/allocations.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace tests {
namespace {

class Qdisc : public testing::Test {
 protected:
  FixtureRun run(std::string_view flags) {
    write_text(copy_.path() / "flags", flags);
    return FixtureRun(spec_of("qdisc"), copy_.path());
  }
  const FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/qdisc"};
};

TEST_F(Qdisc, NetlinkAsksThisMachineAndAllocatesNothingWhenWarm) {
  auto live = run("");
  ASSERT_EQ(live.scrape(), exporter::Outcome::ok);
  EXPECT_TRUE(parse_exposition(live.page()).errors.empty());
  EXPECT_EQ(live.page().find("123456789012"), std::string::npos);
  live.scrape();
  const auto before = allocations();
  live.scrape();
  EXPECT_EQ(allocations() - before, 0U);
}

TEST_F(Qdisc, MisspeltFlagNamesWorkAndContradictionsAreRefused) {
  auto file = run("collector.qdisc.fixtures=$FIXTURE/queues\ncollector.qdisk.device-exclude=^lo$\n");
  file.scrape();
  EXPECT_NE(file.page().find("node_qdisc_drops_total{device=\"eth0\",kind=\"fq_codel\"} 3\n"), std::string::npos);
  EXPECT_EQ(file.page().find("\"lo\""), std::string::npos);
  EXPECT_THROW(run("collector.qdisc.device-include=a\ncollector.qdisk.device-exclude=b\n"), exporter::OptionError);
}

TEST_F(Qdisc, AChangedKindIsAnotherSeries) {
  auto file = run("collector.qdisc.fixtures=$FIXTURE/queues\n");
  file.scrape();
  write_text(copy_.path() / "queues/results.json", R"([{"IfaceName": "eth0", "Kind": "fq", "Bytes": 9}])");
  file.scrape();
  EXPECT_NE(file.page().find("node_qdisc_bytes_total{device=\"eth0\",kind=\"fq\"} 9\n"), std::string::npos);
  EXPECT_EQ(file.page().find("fq_codel"), std::string::npos);
}

TEST_F(Qdisc, AFileThatIsNoListFails) {
  write_text(copy_.path() / "queues/results.json", "{}");
  EXPECT_EQ(run("collector.qdisc.fixtures=$FIXTURE/queues\n").scrape(), exporter::Outcome::failed);
}

}  // namespace
}  // namespace tests
