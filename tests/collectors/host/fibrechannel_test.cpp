#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace tests {
namespace {

namespace fs = std::filesystem;

class Fibrechannel : public testing::Test {
 protected:
  fs::path port(std::string_view name) const { return copy_.path() / "sys/class/fc_host" / name; }
  static bool has(const FixtureRun& run, std::string_view text) { return run.page().find(text) != std::string::npos; }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/fibrechannel"};
};

TEST_F(Fibrechannel, WhatTheAdapterDoesNotCountIsLeftOut) {
  FixtureRun run(spec_of("fibrechannel"), copy_.path());
  run.scrape();
  EXPECT_FALSE(has(run, "node_fibrechannel_tx_words_total{fc_host=\"host3\"}"));
  EXPECT_FALSE(has(run, "node_fibrechannel_tx_words_total{fc_host=\"host5\"}"));
}

TEST_F(Fibrechannel, APortInAnUnknownStateCountsNothing) {
  FixtureRun run(spec_of("fibrechannel"), copy_.path());
  run.scrape();
  EXPECT_TRUE(has(run, "node_fibrechannel_rx_frames_total{fc_host=\"host4\"} 0\n"));
  EXPECT_TRUE(has(run, "node_fibrechannel_tx_words_total{fc_host=\"host4\"} 0\n"));
  write_text(port("host4/port_state"), "Online\n");
  run.scrape();
  EXPECT_TRUE(has(run, "node_fibrechannel_rx_frames_total{fc_host=\"host4\"} 9\n"));
  EXPECT_FALSE(has(run, "node_fibrechannel_tx_words_total{fc_host=\"host4\"}"));
  EXPECT_FALSE(has(run, "port_state=\"Unknown\""));
}

TEST_F(Fibrechannel, ACounterThatIsNoNumberIsCounted) {
  write_text(port("host3/statistics/rx_frames"), "0xfrog\n");
  FixtureRun run(spec_of("fibrechannel"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::ok);
  EXPECT_FALSE(has(run, "node_fibrechannel_rx_frames_total{fc_host=\"host3\"}"));
  EXPECT_EQ(run.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
}

TEST_F(Fibrechannel, WithoutTheClassThereIsNoData) {
  fs::remove_all(port(""));
  FixtureRun run(spec_of("fibrechannel"), copy_.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

}  // namespace
}  // namespace tests
