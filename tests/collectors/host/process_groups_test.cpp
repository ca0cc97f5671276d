#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "collectors/host/process_group_table.h"
#include "tests/support/allocations.h"
#include "tests/support/fixture.h"

namespace fs = std::filesystem;
using exporter::Outcome;
using exporter::host::process_groups::Group;
using exporter::host::process_groups::GroupTable;
using exporter::host::process_groups::Process;

namespace tests {
namespace {

constexpr double kStep = 15;

Process process(int pid, std::uint64_t user, std::uint64_t resident = 0, std::uint64_t read = 0,
                std::uint64_t start = 100) {
  Process result;
  result.pid = pid;
  result.start_ticks = start;
  result.used = {user, 0, read, 0};
  result.has_bytes = true;
  result.threads = 1;
  result.resident = resident;
  return result;
}

struct One {
  const char* group;
  Process process;
};

// A walk over these; gives the CPU time counted for each group that is shown.
std::map<std::string, std::uint64_t> walk(GroupTable& table, const std::vector<One>& processes) {
  table.start();
  for (const auto& [group, one] : processes) {
    EXPECT_TRUE(table.add(group, one));
  }
  table.finish(kStep);
  std::map<std::string, std::uint64_t> result;
  table.each([&](const Group& group) { result[std::string(group.name)] = group.counted.user; });
  return result;
}
using Counted = std::map<std::string, std::uint64_t>;

TEST(GroupTable, CountsFromTheFirstWalkOn) {
  GroupTable table(2);
  EXPECT_EQ(walk(table, {{"a", process(1, 1000)}, {"b", process(2, 500)}}),
            (Counted{{"a", 0}, {"b", 0}, {"other", 0}}));
  EXPECT_EQ(walk(table, {{"a", process(1, 1007)}, {"b", process(2, 500)}}),
            (Counted{{"a", 7}, {"b", 0}, {"other", 0}}));
}

TEST(GroupTable, ANewProcessCountsFromItsStartAndItsEndTakesNothingBack) {
  GroupTable table(1);
  walk(table, {{"a", process(1, 1000)}});
  EXPECT_EQ(walk(table, {{"a", process(1, 1000)}, {"a", process(9, 30, 0, 0, 200)}}),
            (Counted{{"a", 30}, {"other", 0}}));
  EXPECT_EQ(walk(table, {{"a", process(1, 1001)}}), (Counted{{"a", 31}, {"other", 0}}));
}

TEST(GroupTable, ANumberUsedAgainIsAnotherProcess) {
  GroupTable table(1);
  walk(table, {{"a", process(1, 1000)}});
  EXPECT_EQ(walk(table, {{"a", process(1, 5, 0, 0, 300)}}), (Counted{{"a", 5}, {"other", 0}}));
}

TEST(GroupTable, AProcessThatCouldNotBeReadForAWhileIsNotCountedTwice) {
  GroupTable table(1);
  walk(table, {{"a", process(1, 1000)}, {"a", process(2, 0, 0, 0, 400)}});
  walk(table, {{"a", process(2, 0, 0, 0, 400)}});
  EXPECT_EQ(walk(table, {{"a", process(1, 1100)}, {"a", process(2, 0, 0, 0, 400)}}), (Counted{{"a", 0}, {"other", 0}}));
  EXPECT_EQ(walk(table, {{"a", process(1, 1101)}, {"a", process(2, 0, 0, 0, 400)}}), (Counted{{"a", 1}, {"other", 0}}));
}

TEST(GroupTable, AProcessThatChangesItsNameTakesOnlyTheFutureAlong) {
  GroupTable table(2);
  walk(table, {{"sh", process(1, 10)}, {"b", process(2, 1)}});
  walk(table, {{"sh", process(1, 20)}, {"b", process(2, 1)}});
  EXPECT_EQ(walk(table, {{"b", process(1, 25)}, {"b", process(2, 1)}}), (Counted{{"b", 5}, {"other", 0}}));
}

TEST(GroupTable, AWalkThatWasGivenUpLosesAndDoublesNothing) {
  GroupTable table(2);
  walk(table, {{"a", process(1, 10)}, {"b", process(2, 10)}, {"b", process(3, 10)}});
  table.start();
  EXPECT_TRUE(table.add("a", process(1, 15)));
  EXPECT_TRUE(table.add("b", process(2, 11)));
  table.give_up();
  EXPECT_EQ(walk(table, {{"a", process(1, 16)}, {"b", process(2, 12)}, {"b", process(3, 13)}}),
            (Counted{{"a", 6}, {"b", 5}, {"other", 0}}));
}

TEST(GroupTable, ShowsTheLargestByEachMeasure) {
  GroupTable table(1);
  const std::vector<One> first{{"cpu", process(1, 0)},
                               {"disk", process(2, 0)},
                               {"large", process(3, 0, 900)},
                               {"none", process(4, 0)},
                               {"small", process(5, 0, 10)}};
  walk(table, first);
  const auto shown = walk(table, {{"cpu", process(1, 50)},
                                  {"disk", process(2, 1, 0, 4096)},
                                  {"large", process(3, 2, 900)},
                                  {"none", process(4, 0)},
                                  {"small", process(5, 3, 10)}});
  // Each entered just now, so that this interval is still part of "other".
  EXPECT_EQ(shown, (Counted{{"cpu", 0}, {"disk", 0}, {"large", 2}, {"other", 54}}));
}

TEST(GroupTable, AGroupNamedAsTheRestIsPartOfIt) {
  GroupTable table(5);
  walk(table, {{"other", process(1, 10)}});
  EXPECT_EQ(walk(table, {{"other", process(1, 14)}}), (Counted{{"other", 4}}));
}

TEST(GroupTable, TooManyGroupsArePartOfTheRest) {
  GroupTable table(1);
  table.start();
  for (std::size_t i = 0; i < GroupTable::kMostGroups + 10; ++i) {
    EXPECT_TRUE(table.add("g" + std::to_string(i), process(static_cast<int>(i + 1), 1, 7)));
  }
  table.finish(kStep);
  std::uint64_t processes = 0;
  std::size_t shown = 0;
  table.each([&](const Group& group) {
    processes += group.processes;
    ++shown;
  });
  EXPECT_EQ(processes, GroupTable::kMostGroups + 10);
  EXPECT_LE(shown, 4U);
}

TEST(GroupTable, TooManyProcessesAreLeftOut) {
  GroupTable table(1);
  table.start();
  for (std::size_t i = 0; i < GroupTable::kMostProcesses; ++i) {
    ASSERT_TRUE(table.add("a", process(static_cast<int>(i + 1), 1)));
  }
  EXPECT_FALSE(table.add("a", process(999'999, 1)));
}

// What Prometheus makes of the page: the increase of the series that are there before and after an interval. It must be
// what the processes used in it, whatever groups come, go, grow and shrink meanwhile, and no counter may step back.
TEST(GroupTable, TheIncreaseOfAllSeriesIsWhatWasUsed) {
  std::mt19937 random(7);
  const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
  GroupTable table(3);
  std::map<int, std::pair<std::string, Process>> running;
  int next_pid = 1;
  Counted before;
  Counted highest;
  bool changed = false;
  for (std::uint64_t step = 0; step < 400; ++step) {
    std::uint64_t used = 0;
    for (auto at = running.begin(); at != running.end();) {
      at = below(20) == 0 ? running.erase(at) : std::next(at);
    }
    for (auto& [pid, entry] : running) {
      const std::uint64_t more = below(10) == 0 ? below(1000) : below(10);
      entry.second.used.user += more;
      entry.second.resident = below(1'000'000);
      used += more;
    }
    for (std::uint32_t i = below(6); i > 0; --i) {
      const std::uint64_t at_once = below(50);
      running[next_pid] = {"g" + std::to_string(below(15)), process(next_pid, at_once, 5, 0, 1000 + step)};
      ++next_pid;
      used += at_once;
    }
    table.start();
    for (const auto& [pid, entry] : running) {
      ASSERT_TRUE(table.add(entry.first, entry.second));
    }
    table.finish(kStep);
    Counted now;
    table.each([&](const Group& group) { now[std::string(group.name)] = group.counted.user; });
    EXPECT_LE(now.size(), 10U);
    std::uint64_t increase = 0;
    for (const auto& [name, value] : now) {
      ASSERT_GE(value, highest[name]) << name << " at " << step;
      highest[name] = value;
      if (const auto found = before.find(name); found != before.end()) {
        increase += value - found->second;
      } else {
        changed = changed || step > 0;
      }
    }
    ASSERT_EQ(increase, step == 0 ? 0 : used) << step;
    before = now;
  }
  EXPECT_TRUE(changed);  // else the test shows little
}

class ProcessGroups : public testing::Test {
 protected:
  void stat(int pid, const char* name, int user, int start) {
    const fs::path folder = copy_.path() / "proc" / std::to_string(pid);
    fs::create_directories(folder);
    write_text(folder / "stat", std::to_string(pid) + " (" + name + ") S 1 1 1 0 -1 4194560 9 0 9 0 " +
                                    std::to_string(user) + " 7 0 0 20 0 2 0 " + std::to_string(start) + " 1096 10 7\n");
  }
  const FixtureCopy copy_{fs::path(FIXTURES) / "host/process_groups"};
};

TEST_F(ProcessGroups, CountersGrowByWhatTheProcessesUse) {
  FixtureRun run(spec_of("process_groups"), copy_.path());
  run.scrape();
  stat(20, "web", 650, 29);
  write_text(copy_.path() / "proc/20/io", "read_bytes: 100\nwrite_bytes: 8200\n");
  stat(40, "cron", 300, 5000);
  EXPECT_EQ(run.scrape(), Outcome::ok);
  const auto page = run.page();
  EXPECT_NE(page.find("node_process_group_cpu_seconds_total{group=\"web\",mode=\"user\"} 1.5\n"), std::string::npos);
  EXPECT_NE(page.find("node_process_group_cpu_seconds_total{group=\"other\",mode=\"user\"} 3\n"), std::string::npos);
  EXPECT_NE(page.find("node_process_group_read_bytes_total{group=\"web\"} 100\n"), std::string::npos);
  fs::remove_all(copy_.path() / "proc/40");
  EXPECT_EQ(run.scrape(), Outcome::ok);
  EXPECT_NE(run.page().find("node_process_group_cpu_seconds_total{group=\"other\",mode=\"user\"} 3\n"),
            std::string::npos);
}

TEST_F(ProcessGroups, AKernelThatCountsNoBytesShowsTheRest) {
  for (const char* const pid : {"1", "7", "20", "21", "30"}) {
    fs::remove(copy_.path() / "proc" / pid / "io");
  }
  FixtureRun run(spec_of("process_groups"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::ok);
  EXPECT_EQ(run.page().find("_bytes_total"), std::string::npos);
  EXPECT_NE(run.page().find("node_process_group_threads{group=\"db\"} 9\n"), std::string::npos);
}

TEST_F(ProcessGroups, GroupsByControlGroup) {
  write_text(copy_.path() / "flags", "collector.process_groups.by=cgroup\n");
  const auto cgroup = [&](const char* pid, std::string_view text) {
    write_text(copy_.path() / "proc" / pid / "cgroup", text);
  };
  cgroup("1", "0::/init.scope\n");
  cgroup("7", "0::/\n");
  cgroup("20", "12:memory:/x\n1:name=systemd:/system.slice/web.service\n0::/\n");
  cgroup("21", "1:name=systemd:/x\n0::/system.slice/web.service\n");
  cgroup("30", "4:memory:/a:b\n3:cpu:/c\n");
  FixtureRun run(spec_of("process_groups"), copy_.path());
  EXPECT_EQ(run.scrape(), Outcome::ok);
  const auto page = run.page();
  for (const char* const line :
       {"{group=\"/init.scope\"} 1", "{group=\"/\"} 1", "{group=\"/system.slice/web.service\"} 2", "{group=\"/a:b\"} 1",
        "{group=\"other\"} 0"}) {
    EXPECT_NE(page.find(std::string("node_process_group_processes") + line + "\n"), std::string::npos) << line;
  }
}

TEST_F(ProcessGroups, SettingsThatCannotWorkAreSaidAtStart) {
  for (const char* const flags : {"collector.process_groups.by=user\n", "collector.process_groups.top=101\n",
                                  "collector.process_groups.top=-1\n"}) {
    write_text(copy_.path() / "flags", flags);
    EXPECT_THROW(FixtureRun(spec_of("process_groups"), copy_.path()), exporter::OptionError) << flags;
  }
}

TEST_F(ProcessGroups, AWarmWalkAllocatesNothing) {
  FixtureRun run(spec_of("process_groups"), copy_.path());
  run.scrape();
  run.scrape();
  run.scrape();
  const std::size_t before = allocations();
  run.scrape();
  EXPECT_EQ(allocations() - before, 0U);
}

}  // namespace
}  // namespace tests
