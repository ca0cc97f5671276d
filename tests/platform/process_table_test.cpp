#include "platform/process_table.h"

#include <gtest/gtest.h>
#include <libproc2/pids.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/allocations.h"
#include "tests/support/fixture.h"

namespace fs = std::filesystem;
using platform::Dir;
using platform::parse_process;
using platform::Process;
using platform::ProcessTable;

namespace tests {
namespace {

constexpr std::string_view kRest = " S 1 42 42 0 -1 4194560 9 0 9 0 3698 98 0 0 20 0 4 0 29014 1096 2507 7 7";

TEST(ProcessTable, ReadsTheFieldsThatCount) {
  const std::string text = "42 (postgres)" + std::string(kRest);
  const auto process = parse_process(text);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->pid, 42);
  EXPECT_EQ(process->command, "postgres");
  EXPECT_EQ(process->state, 'S');
  EXPECT_FALSE(process->kernel);
  EXPECT_EQ(process->user_ticks, 3698U);
  EXPECT_EQ(process->system_ticks, 98U);
  EXPECT_EQ(process->threads, 4U);
  EXPECT_EQ(process->start_ticks, 29014U);
  EXPECT_EQ(process->resident_pages, 2507U);
}

TEST(ProcessTable, ANameMayHoldWhatEndsIt) {
  const std::string text = "42 (a) R (b\n)" + std::string(kRest);
  const auto process = parse_process(text);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->command, "a) R (b\n");
  EXPECT_EQ(process->state, 'S');
}

TEST(ProcessTable, KnowsThreadsOfTheKernel) {
  const auto process = parse_process("7 (kworker/0:1-ev) I 2 0 0 0 -1 69238880 0 0 0 0 0 3 0 0 20 0 1 0 10 0 0 7");
  ASSERT_TRUE(process);
  EXPECT_TRUE(process->kernel);
}

TEST(ProcessTable, RefusesWhatIsNotWhole) {
  for (const char* const text :
       {"", "42", "42 (a", "42 a) S", "42 )a( S 1", "x (a) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "42 (a) S 1 42 42 0 -1 4194560 9 0 9 0 3698 98 0 0 20 0 4 0 29014 1096",
        "42 (a) S 1 42 42 0 -1 4194560 9 0 9 0 -3698 98 0 0 20 0 4 0 29014 1096 2507",
        "42 (a) SS 1 42 42 0 -1 4194560 9 0 9 0 3698 98 0 0 20 0 4 0 29014 1096 2507"}) {
    EXPECT_FALSE(parse_process(text)) << text;
  }
}

TEST(ProcessTable, PassesOverWhoEndedAndCountsWhoCannotBeRead) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/processes");
  fs::create_directories(copy.path() / "proc/50");       // ended: no stat any more
  fs::create_directories(copy.path() / "proc/51/stat");  // reading a folder fails
  fs::create_directories(copy.path() / "proc/52");
  write_text(copy.path() / "proc/52/stat", "nonsense");
  for (const auto reads : {ProcessTable::Reads::stat, ProcessTable::Reads::folder}) {
    const Dir proc((copy.path() / "proc").string());
    ProcessTable table(proc, reads);
    ASSERT_EQ(table.start(), 0);
    Process process;
    while (table.next(process)) {
    }
    EXPECT_EQ(table.count(), 3U);
    EXPECT_EQ(table.unreadable(), 1U);
    EXPECT_EQ(table.last_error(), EISDIR);
    EXPECT_EQ(table.malformed(), 1U);
  }
}

TEST(ProcessTable, CountsTheThreadsThatThereAre) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/processes");
  const Dir proc((copy.path() / "proc").string());
  ProcessTable table(proc);
  ASSERT_EQ(table.start(), 0);
  std::map<int, std::string> states;
  for (Process process; table.next(process);) {
    EXPECT_EQ(table.each_thread(process, [&](char state) { states[process.pid] += state; }), 0);
    std::sort(states[process.pid].begin(), states[process.pid].end());
  }
  EXPECT_EQ(states, (std::map<int, std::string>{{1, "S"}, {7, "I"}, {4242, "DRS"}}));
}

TEST(ProcessTable, AnOddTreeHasNoThreads) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/processes");
  fs::remove_all(copy.path() / "proc/1/task");
  fs::remove_all(copy.path() / "proc/7");
  fs::remove_all(copy.path() / "proc/4242");
  const Dir proc((copy.path() / "proc").string());
  ProcessTable table(proc);
  ASSERT_EQ(table.start(), 0);
  Process process;
  ASSERT_TRUE(table.next(process));
  EXPECT_EQ(table.each_thread(process, [](char) { FAIL(); }), ENOENT);
}

TEST(ProcessTable, AWarmWalkAllocatesNothing) {
  const Dir proc("/proc");
  ProcessTable table(proc, ProcessTable::Reads::folder);
  const auto walk = [&] {
    EXPECT_EQ(table.start(), 0);
    std::size_t threads = 0;
    for (Process process; table.next(process);) {
      table.each_thread(process, [&](char) { ++threads; });
    }
    EXPECT_GE(threads, table.count());
  };
  walk();
  walk();
  const std::size_t before = allocations();
  walk();
  EXPECT_LE(allocations() - before, 2U);  // one for each list, if the machine grew meanwhile
}

// A process that holds still, with an odd name and times of its own, seen by this reader and by libproc2.
TEST(ProcessTable, AgreesWithLibproc2) {
  const pid_t child = ::fork();
  if (child == 0) {
    write_text("/proc/self/comm", "odd) R 1 (name");
    // Some ticks of time in user mode.
    volatile std::uint32_t kept = 1;
    for (timespec used{}; used.tv_nsec < 60'000'000; ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)) {
      std::uint32_t number = kept;
      for (int i = 0; i < 100'000; ++i) {
        number = number * 1664525 + 1013904223;
      }
      kept = number;
    }
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);

  pids_item items[] = {PIDS_STATE, PIDS_CMD, PIDS_TICS_USER, PIDS_TICS_SYSTEM, PIDS_NLWP, PIDS_TIME_START, PIDS_RSS};
  pids_info* info = nullptr;
  ASSERT_EQ(::procps_pids_new(&info, items, std::size(items)), 0);
  unsigned wanted = static_cast<unsigned>(child);
  const pids_fetch* const fetch = ::procps_pids_select(info, &wanted, 1, PIDS_SELECT_PID);
  ASSERT_NE(fetch, nullptr);
  ASSERT_EQ(fetch->counts->total, 1);
  const pids_result* const theirs = fetch->stacks[0]->head;

  const Dir proc("/proc");
  ProcessTable table(proc);
  ASSERT_EQ(table.start(), 0);
  Process ours;
  while (table.next(ours) && ours.pid != child) {
  }
  ASSERT_EQ(ours.pid, child);
  EXPECT_EQ(ours.state, theirs[0].result.s_ch);
  EXPECT_EQ(ours.state, 'T');
  EXPECT_EQ(ours.command, theirs[1].result.str);
  EXPECT_EQ(ours.command, "odd) R 1 (name");
  EXPECT_EQ(ours.user_ticks, theirs[2].result.ull_int);
  EXPECT_GT(ours.user_ticks, 0U);
  EXPECT_EQ(ours.system_ticks, theirs[3].result.ull_int);
  EXPECT_EQ(ours.threads, static_cast<std::uint64_t>(theirs[4].result.s_int));
  EXPECT_NEAR(static_cast<double>(ours.start_ticks) / 100, theirs[5].result.real, 0.011);
  EXPECT_EQ(ours.resident_pages, theirs[6].result.ul_int);
  ::procps_pids_unref(&info);
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
}

}  // namespace
}  // namespace tests
