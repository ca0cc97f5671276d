#include <gtest/gtest.h>

#include "collectors/host/bus.h"
#include "collectors/host/systemd_units.h"
#include "tests/support/allocations.h"
#include "tests/support/fixture.h"

namespace {

using exporter::Outcome;
using exporter::host::systemd::Units;
using exporter::host::systemd::version_number;

class Systemd : public testing::Test {
 protected:
  tests::FixtureRun run(const std::string& more) {
    tests::write_text(copy_.path() / "flags", "collector.systemd.fixtures=$FIXTURE\n" + more);
    return tests::FixtureRun(tests::spec_of("systemd"), copy_.path());
  }
  void replace(std::string_view from, std::string_view to) {
    const auto path = copy_.path() / "replies";
    std::string text = tests::read_text(path);
    ASSERT_NE(text.find(from), std::string::npos);
    tests::write_text(path, text.replace(text.find(from), from.size(), to));
  }
  static bool has(const tests::FixtureRun& run, std::string_view text) {
    return run.page().find(text) != std::string::npos;
  }

  const tests::FixtureCopy copy_{std::filesystem::path(FIXTURES) / "host/systemd"};
};

TEST_F(Systemd, FiltersFitTheWholeNameAndCountsComeBeforeThem) {
  auto some = run("collector.systemd.unit-include=web\\.service|daily\n");
  ASSERT_EQ(some.scrape(), Outcome::ok);
  EXPECT_TRUE(has(some, "node_systemd_unit_state{name=\"web.service\",state=\"active\",type=\"notify\"} 1\n"));
  EXPECT_FALSE(has(some, "daily.timer"));
  EXPECT_FALSE(has(some, "web.socket"));
  EXPECT_TRUE(has(some, "node_systemd_units{state=\"active\"} 4\n"));
  EXPECT_TRUE(has(some, "node_systemd_units{state=\"inactive\"} 2\n"));
}

TEST_F(Systemd, MountsAreLeftOutUnlessAskedFor) {
  auto usual = run("");
  usual.scrape();
  EXPECT_FALSE(has(usual, "srv.mount"));
  EXPECT_FALSE(has(usual, "node_systemd_unit_start_time_seconds"));
  EXPECT_FALSE(has(usual, "node_systemd_unit_tasks"));
  EXPECT_FALSE(has(usual, "node_systemd_service_restart_total"));
}

TEST_F(Systemd, TheTypeIsAskedForOnceUntilUnitsAreReadAnewOrTheUnitChanges) {
  auto kept = run("");
  kept.scrape();
  EXPECT_TRUE(has(kept, "type=\"notify\""));
  replace("\tnotify\n", "\texec\n");
  kept.scrape();
  EXPECT_TRUE(has(kept, "type=\"notify\""));
  replace("\t77\n", "\t78\n");
  kept.scrape();
  EXPECT_FALSE(has(kept, "type=\"notify\""));
  EXPECT_TRUE(has(kept, "type=\"exec\""));
  replace("\texec\n", "\toneshot\n");
  replace("\tactive\trunning\t\t/u/web\t", "\tdeactivating\tstop\t\t/u/web\t");
  kept.scrape();
  EXPECT_TRUE(has(kept, "node_systemd_unit_state{name=\"web.service\",state=\"deactivating\",type=\"oneshot\"} 1\n"));
}

TEST_F(Systemd, AWarmScrapeAllocatesNothing) {
  auto warm = run("collector.systemd.enable-start-time-metrics=true\ncollector.systemd.enable-task-metrics=true\n");
  warm.scrape();
  warm.scrape();
  const auto before = tests::allocations();
  EXPECT_EQ(warm.scrape(), Outcome::ok);
  EXPECT_EQ(tests::allocations() - before, 0U);
}

TEST_F(Systemd, AnOldSystemdIsNotAskedForWhatItDoesNotHave) {
  replace("252.39-1~deb12u2", "219");
  auto old = run("collector.systemd.enable-restarts-metrics=true\n");
  ASSERT_EQ(old.scrape(), Outcome::ok);
  EXPECT_TRUE(has(old, "node_systemd_version{version=\"219\"} 219\n"));
  EXPECT_TRUE(has(old, "node_systemd_timer_last_trigger_seconds"));
  EXPECT_TRUE(has(old, "node_systemd_socket_accepted_connections_total"));
  EXPECT_FALSE(has(old, "node_systemd_socket_refused_connections_total"));
  EXPECT_FALSE(has(old, "node_systemd_service_restart_total"));
}

TEST_F(Systemd, AUnitWithoutItsPropertiesCostsOnlyThese) {
  replace("/u/sock Get NConnections", "/u/none Get NConnections");
  replace("/u/web Get Type", "/u/none Get Type");
  auto odd = run("");
  ASSERT_EQ(odd.scrape(), Outcome::ok);
  EXPECT_TRUE(has(odd, "node_systemd_unit_state{name=\"web.service\",state=\"active\",type=\"\"} 1\n"));
  EXPECT_TRUE(has(odd, "node_systemd_socket_accepted_connections_total{name=\"web.socket\"} 40\n"));
  EXPECT_FALSE(has(odd, "node_systemd_socket_current_connections"));
  EXPECT_GE(odd.sink().problems()[static_cast<std::size_t>(exporter::Problem::io)], 2U);
}

TEST_F(Systemd, NoAnswerToListUnitsIsAFailure) {
  replace("ListUnits", "ListNothing");
  auto none = run("");
  EXPECT_EQ(none.scrape(), Outcome::failed);
}

TEST_F(Systemd, OldFlagNamesWorkAndContradictionsAreRefused) {
  auto old = run("collector.systemd.unit-whitelist=web\\..*\ncollector.systemd.unit-blacklist=.*socket\n");
  old.scrape();
  EXPECT_TRUE(has(old, "web.service"));
  EXPECT_FALSE(has(old, "web.socket"));
  EXPECT_FALSE(has(old, "daily.timer"));
  EXPECT_THROW(run("collector.systemd.unit-include=a\ncollector.systemd.unit-whitelist=b\n"), exporter::OptionError);
}

TEST(SystemdVersion, IsTheFirstLongNumber) {
  EXPECT_EQ(version_number("252.39-1~deb12u2"), 252.39);
  EXPECT_EQ(version_number("247 (v247.3-7)"), 247);
  EXPECT_EQ(version_number("v249-rc2"), 249);
  EXPECT_EQ(version_number("257."), 257);
  EXPECT_EQ(version_number("25.10"), std::nullopt);
  EXPECT_EQ(version_number(""), std::nullopt);
}

TEST(SystemdUnits, AListThatEndsWithinAUnitIsReportedAndTheRestStands) {
  Units units(platform::Filter{});
  const std::vector<platform::BusValue> values = {{"a.service", {}}, {"", {}},  {"loaded", {}},   {"active", {}},
                                                  {"", {}},          {"", {}},  {"/a", {}},       {"", 0},
                                                  {"", {}},          {"/", {}}, {"b.service", {}}};
  EXPECT_FALSE(units.read(values));
  ASSERT_EQ(units.shown().size(), 1U);
  EXPECT_EQ(units.shown()[0]->path, "/a");
  EXPECT_TRUE(units.read(std::span(values).first(10)));
}

TEST(SystemBusAddress, IsAListOfSocketsAndNothingElse) {
  const auto sockets = exporter::host::sockets_in("unix:path=/run/a%20b,guid=12;unix:path=/c");
  ASSERT_EQ(sockets.size(), 2U);
  EXPECT_EQ(sockets[0].path, "/run/a b");
  EXPECT_EQ(sockets[1].path, "/c");
  EXPECT_FALSE(sockets[1].direct);
  EXPECT_TRUE(exporter::host::sockets_in("").empty());
  EXPECT_THROW(exporter::host::sockets_in("unixexec:path=/bin/sh"), exporter::OptionError);
  EXPECT_THROW(exporter::host::sockets_in("unix:path=/a;tcp:host=b"), exporter::OptionError);
}

}  // namespace
