#include "platform/perf_event.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>

#include <cerrno>
#include <string>

#include "collectors/host/perf_events.h"
#include "tests/support/fixture.h"

namespace fs = std::filesystem;
using exporter::Outcome;
using platform::PerfSum;

namespace tests {
namespace {

class Perf : public testing::Test {
 protected:
  void flags(std::string_view text) { write_text(copy_.path() / "flags", text); }
  // The reason for which the collector does not start; empty when it does.
  std::string refused() {
    try {
      FixtureRun(spec_of("perf"), copy_.path());
    } catch (const exporter::OptionError& error) {
      return error.what();
    }
    return {};
  }
  // A tracepoint sched:sched_switch on both CPUs.
  void tracepoint() {
    const fs::path folder = copy_.path() / "sys/kernel/tracing/events/sched/sched_switch";
    fs::create_directories(folder);
    write_text(folder / "id", "316\n");
    write_text(copy_.path() / "perf/cpu0/2-13c", "8 9 9\n");
    write_text(copy_.path() / "perf/cpu2/2-13c", "9 9 9\n");
  }
  const FixtureCopy copy_{fs::path(FIXTURES) / "host/perf"};
};

TEST(PerfSum, IsTheCountItselfWhenTheEventRanAllTheTime) {
  PerfSum sum;
  EXPECT_FALSE(sum.ran());
  sum.add({(1ULL << 60) + 1, 500, 500});
  EXPECT_TRUE(sum.ran());
  EXPECT_EQ(sum.total(), (1ULL << 60) + 1);
}

TEST(PerfSum, EstimatesEachIntervalAndNeverStepsBack) {
  PerfSum sum;
  sum.add({100, 1000, 100});  // a tenth of the time
  EXPECT_EQ(sum.total(), 1000U);
  // The whole scaled at once would now be 110 * 2000 / 1100 = 200.
  sum.add({110, 2000, 1100});
  EXPECT_EQ(sum.total(), 1010U);
  sum.add({110, 3000, 1100});  // it did not run
  EXPECT_EQ(sum.total(), 1010U);
  sum.add({210, 4000, 2100});  // 100 in half of the time since it ran last
  EXPECT_EQ(sum.total(), 1210U);
}

TEST_F(Perf, CpusAreThoseGiven) {
  flags("collector.perf.cpus=2\ncollector.perf.disable-cache-profilers=true\n");
  FixtureRun run(spec_of("perf"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::ok);
  EXPECT_EQ(run.page().find("cpu=\"0\""), std::string::npos);
  EXPECT_EQ(run.page().find("cache"), std::string::npos);
  EXPECT_NE(run.page().find("node_perf_cpucycles_total{cpu=\"2\"} 777\n"), std::string::npos);
}

TEST_F(Perf, SettingsThatCannotWorkAreSaidAtStart) {
  flags("collector.perf.cpus=1\n");
  EXPECT_NE(refused().find("CPU 1 does not exist or is off"), std::string::npos);
  flags("collector.perf.cpus=all\n");
  EXPECT_NE(refused().find("'all'"), std::string::npos);
  flags("collector.perf.tracepoint=sched\n");
  EXPECT_NE(refused().find("subsystem:event"), std::string::npos);
  flags("collector.perf.tracepoint=../../x:y\n");
  EXPECT_NE(refused().find("subsystem:event"), std::string::npos);
  flags("collector.perf.tracepoint=sched:none\n");
  EXPECT_NE(refused().find("sched:none: no such tracepoint"), std::string::npos);
  flags("collector.perf.cache-profilers=CpuCycles\n");
  EXPECT_NE(refused().find("'CpuCycles'"), std::string::npos);
}

TEST_F(Perf, TracepointsAreCountedByTheirNumber) {
  tracepoint();
  flags("collector.perf.tracepoint=sched:sched_switch\ncollector.perf.tracepoint=sched:sched_switch\n");
  FixtureRun run(spec_of("perf"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::ok);
  EXPECT_NE(run.page().find("# TYPE node_perf_sched_sched_switch counter\n"
                            "node_perf_sched_sched_switch{cpu=\"0\"} 8\n"
                            "node_perf_sched_sched_switch{cpu=\"2\"} 9\n"),
            std::string::npos);
}

TEST_F(Perf, ATracepointThatCannotBeCountedIsSaidAtStart) {
  tracepoint();
  flags("collector.perf.tracepoint=sched:sched_switch\n");
  EXPECT_EQ(refused(), "");
  fs::remove(copy_.path() / "perf/cpu2/2-13c");
  EXPECT_NE(refused().find("sched:sched_switch on CPU 2"), std::string::npos);
}

TEST_F(Perf, AnEventThatStopsToAnswerCostsItselfOnly) {
  FixtureRun run(spec_of("perf"), copy_.path());
  write_text(copy_.path() / "perf/cpu0/1-3", "");
  EXPECT_EQ(run.scrape(), Outcome::ok);
  EXPECT_EQ(run.page().find("node_perf_context_switches_total{cpu=\"0\"}"), std::string::npos);
  EXPECT_NE(run.page().find("node_perf_context_switches_total{cpu=\"2\"} 56\n"), std::string::npos);
  ASSERT_EQ(run.sink().notes().size(), 1U);
  EXPECT_EQ(run.sink().notes()[0].error, ENODATA);
}

TEST_F(Perf, AMachineWithoutAnyEventSaysSo) {
  flags("");
  fs::remove_all(copy_.path() / "perf");
  fs::create_directories(copy_.path() / "perf");
  FixtureRun run(spec_of("perf"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::ok);
  EXPECT_EQ(run.page(), "");
  ASSERT_EQ(run.sink().notes().size(), 1U);
  EXPECT_EQ(run.sink().notes()[0].kind, exporter::Problem::missing);
}

TEST_F(Perf, WithoutPermissionItSaysWhatToDo) {
  fs::create_directories(copy_.path() / "proc/sys/kernel");
  write_text(copy_.path() / "proc/sys/kernel/perf_event_paranoid", "2\n");
  platform::Host host;
  host.procfs = (copy_.path() / "proc").string();
  host.sysfs = (copy_.path() / "sys").string();
  host.rootfs = copy_.path().string();
  ASSERT_EQ(host.open(), "");
  exporter::Options options;
  options.declare(spec_of("perf").options);
  exporter::Shared shared;
  shared.get<platform::PerfKernel>().open = [](const platform::PerfEvent&, int, platform::Fd&) { return EACCES; };
  try {
    std::get<exporter::MakeCollector>(spec_of("perf").make)({host, options, shared});
    FAIL();
  } catch (const exporter::OptionError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("CAP_PERFMON"), std::string::npos);
    EXPECT_NE(text.find("kernel.perf_event_paranoid"), std::string::npos);
    EXPECT_NE(text.find("(now 2)"), std::string::npos);
  }
}

// The kernel's own answer, where it gives one: a test machine may not allow it.
TEST(PerfEvent, CountsWhatHappensOrSaysWhyNot) {
  platform::Fd file;
  const int error = platform::open_perf_event({PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES}, 0, file);
  if (error != 0) {
    EXPECT_TRUE(error == EACCES || error == EPERM || error == ENOSYS) << error;
    return;
  }
  platform::PerfCount count;
  ASSERT_EQ(platform::read_perf_event(file, count), 0);
  EXPECT_GT(count.enabled, 0U);
  EXPECT_EQ(count.enabled, count.running);
}

// --help names the events one by one: none may be missing.
TEST(PerfEvent, TheHelpNamesEveryEvent) {
  std::string help;
  for (const auto& option : spec_of("perf").options) {
    help += option.help;
  }
  for (const auto& event : exporter::host::perf::kEvents) {
    EXPECT_NE(help.find(event.name), std::string::npos) << event.name;
  }
}

}  // namespace
}  // namespace tests
