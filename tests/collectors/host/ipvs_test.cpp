#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

class Ipvs : public testing::Test {
 protected:
  void put(std::string_view text) { tests::write_text(copy_.path() / "proc/net/ip_vs", text); }
  tests::FixtureRun run() { return {tests::spec_of("ipvs"), copy_.path()}; }
  static bool has(const tests::FixtureRun& run, std::string_view line) {
    return run.page().find(line) != std::string::npos;
  }
  static unsigned unreadable(tests::FixtureRun& run) {
    return run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)];
  }
  void labels(std::string_view names) {
    tests::write_text(copy_.path() / "flags", std::string("collector.ipvs.backend-labels=").append(names) + "\n");
  }
  static constexpr std::string_view kHeadings =
      "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n"
      "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";
  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/ipvs"};
};

TEST_F(Ipvs, ServersAlikeInTheChosenLabelsAreSummed) {
  labels("proto,local_port");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "node_ipvs_backend_connections_active{local_port=\"443\",proto=\"TCP\"} 52\n"));
  EXPECT_TRUE(has(page, "node_ipvs_backend_weight{local_port=\"443\",proto=\"TCP\"} 5\n"));
  EXPECT_TRUE(has(page, "node_ipvs_backend_connections_inactive{local_port=\"0\",proto=\"FWM\"} 6\n"));
}

TEST_F(Ipvs, WithoutLabelsThereIsOneSum) {
  labels("");
  auto page = run();
  page.scrape();
  EXPECT_TRUE(has(page, "node_ipvs_backend_connections_active 57\n"));
}

TEST_F(Ipvs, AnUnknownLabelStopsTheProgramAtItsStart) {
  labels("proto,port");
  EXPECT_THROW(run(), exporter::OptionError);
}

TEST_F(Ipvs, ASumThatLacksAServerIsNotShown) {
  labels("proto");
  auto page = run();
  page.scrape();
  put(std::string(kHeadings) +
      "TCP  0A000001:01BB rr\n  -> 0A000102:20FB      Masq    1      12         x\n"
      "  -> 0A000103:20FB      Masq    4      40         0\n"
      "SCTP  0A000001:01BB rr\n  -> 0A000102:0001      Masq    1      2         3\n");
  for (int i = 0; i < 2; ++i) {
    page.scrape();
    EXPECT_EQ(unreadable(page), 1U);
    EXPECT_FALSE(has(page, "TCP"));
    EXPECT_FALSE(has(page, "FWM"));
    EXPECT_TRUE(has(page, "node_ipvs_backend_connections_active{proto=\"SCTP\"} 2\n"));
  }
}

TEST_F(Ipvs, AServerThatComesBackStartsAnew) {
  auto page = run();
  page.scrape();
  const std::string first = page.page();
  const std::string table = tests::read_text(copy_.path() / "proc/net/ip_vs");
  put(kHeadings);
  page.scrape();
  EXPECT_FALSE(has(page, "backend"));
  put(table);
  page.scrape();
  EXPECT_EQ(page.page(), first);
}

TEST_F(Ipvs, AnAddressThatIsNoneIsCounted) {
  put(std::string(kHeadings) +
      "TCP  0A0000011:01BB rr\n  -> 0A000102:20FB      Masq    1      1         1\n"
      "TCP  0A000001:01BB rr\n  -> [::zz]:20FB      Masq    1      1         1\n"
      "  -> 0A000102:120FB      Masq    1      1         1\n");
  auto page = run();
  page.scrape();
  EXPECT_EQ(unreadable(page), 3U);
  EXPECT_FALSE(has(page, "backend"));
}

TEST_F(Ipvs, WithoutTheModuleThereIsNoData) {
  std::filesystem::remove_all(copy_.path() / "proc/net");
  EXPECT_EQ(run().scrape(), exporter::Outcome::no_data);
}

}  // namespace
