// What the scheduler leaves to workers: those that are late, share one, or are not needed.
#include <future>

#include "tests/exporter/scheduler_machine.h"
#include "tests/support/allocations.h"

namespace exporter {
namespace {

using namespace scheduler_test;
using namespace std::chrono_literals;
using SchedulerWorkers = SchedulerTest;

TEST_F(SchedulerWorkers, LeavesOutWhoIsLateAndStartsItOnce) {
  start();
  state_.hang = true;
  for (int i = 0; i < 3; ++i) {
    const auto begin = Clock::now();
    const std::string text = page(Selection::everything(), 50ms);
    EXPECT_LT(Clock::now() - begin, 2s);
    EXPECT_TRUE(has(text, "quick 1"));
    EXPECT_FALSE(has(text, "slow 2"));
    EXPECT_TRUE(has(text, "pg_up 0"));
    EXPECT_TRUE(has(text, "node_scrape_collector_success{collector=\"slow\"} 0"));
    EXPECT_TRUE(has(text, "pg_scrape_collector_success{collector=\"view\"} 0"));
    EXPECT_TRUE(has(text, "resource_exporter_collector_problems_total{collector=\"slow\",kind=\"deadline\"} " +
                              std::to_string(i + 1)));
  }
  EXPECT_EQ(state_.slow_runs, 1);
}

TEST_F(SchedulerWorkers, ALateServerFailsOnlyTheCollectorsAskedFor) {
  start();
  state_.hang = true;
  Selection only = Selection::everything();
  only.collectors = {false, false, true, false};
  const std::string text = page(only, 50ms);
  EXPECT_TRUE(has(text, "pg_up 0"));
  EXPECT_TRUE(has(text, "pg_scrape_collector_success{collector=\"view\"} 0"));
  EXPECT_EQ(text.find("pg_scrape_collector_success{collector=\"other\"}"), std::string::npos);
}

TEST_F(SchedulerWorkers, ACollectorWithNothingToReadSaysWhetherThatIsAFailure) {
  start();
  state_.nothing = true;
  EXPECT_TRUE(has(page(), "node_scrape_collector_success{collector=\"slow\"} 0"));
  state_.outcome_of_nothing = Outcome::ok;
  EXPECT_TRUE(has(page(), "node_scrape_collector_success{collector=\"slow\"} 1"));
  EXPECT_EQ(state_.slow_runs, 0);
}

TEST_F(SchedulerWorkers, AWarmScrapeAllocatesNothing) {
  start();
  const Selection everything = Selection::everything();
  for (int i = 0; i < 8; ++i) {
    scheduler_->scrape(everything, Clock::now() + 5s)->gzip();
  }
  const std::size_t before = tests::allocations();
  for (int i = 0; i < 3; ++i) {
    scheduler_->scrape(everything, Clock::now() + 5s)->gzip();
  }
  EXPECT_EQ(tests::allocations(), before);
}

TEST_F(SchedulerWorkers, CollectorsShareAWorker) {
  start_sharing();
  for (int i = 0; i < 3; ++i) {
    const std::string text = page();
    EXPECT_TRUE(has(text, "quick 1") && has(text, "slow 2") && has(text, "behind 4")) << text;
  }
  EXPECT_EQ(state_.quick_runs, 3);
  Selection only = Selection::everything();
  only.collectors = {false, false, true};
  const std::string text = page(only);
  EXPECT_TRUE(has(text, "behind 4"));
  EXPECT_FALSE(has(text, "quick 1") || has(text, "slow 2"));
  EXPECT_EQ(state_.slow_runs, 3);
}

TEST_F(SchedulerWorkers, WhatASharedWorkerHadDoneBeforeOneHungIsShown) {
  start_sharing();
  state_.hang = true;
  std::string text = page(Selection::everything(), 100ms);
  EXPECT_TRUE(has(text, "quick 1"));
  EXPECT_TRUE(has(text, "node_scrape_collector_success{collector=\"first\"} 1"));
  for (const char* late : {"shared", "behind"}) {
    EXPECT_TRUE(has(text, std::string("node_scrape_collector_success{collector=\"") + late + "\"} 0")) << text;
  }
  EXPECT_EQ(text.find("\nbehind "), std::string::npos);
  // The next scrape has a run of its own to wait for, which cannot begin.
  text = page(Selection::everything(), 100ms);
  EXPECT_TRUE(has(text, "node_scrape_collector_success{collector=\"first\"} 0")) << text;
  EXPECT_EQ(state_.slow_runs, 1);
  state_.hang = false;
  text = page();
  EXPECT_TRUE(has(text, "quick 1") && has(text, "slow 2") && has(text, "behind 4")) << text;
}

TEST_F(SchedulerWorkers, WhatCanBeDoneAtOnceIsNotDoneAgainByTheSharedWorker) {
  start_sharing();
  state_.nothing = true;  // only the first needs the worker
  const std::string text = page();
  EXPECT_TRUE(has(text, "quick 1") && has(text, "behind 4")) << text;
  EXPECT_FALSE(has(text, "slow 2"));
  EXPECT_EQ(state_.slow_runs, 0);
  Selection only = Selection::everything();
  only.collectors = {false, true, true};
  EXPECT_TRUE(has(page(only), "behind 4"));
  EXPECT_EQ(state_.quick_runs, 1);
}

TEST_F(SchedulerWorkers, LooksLessOftenForAServerThatNobodyNamed) {
  state_.absent = true;
  start();
  for (int scrape = 0; scrape < 4; ++scrape) {
    page();
  }
  EXPECT_EQ(state_.server_runs, 4);
  for (int scrape = 0; scrape < 8; ++scrape) {
    EXPECT_EQ(page().find("pg_up"), std::string::npos);
  }
  EXPECT_EQ(state_.server_runs, 6) << "every fourth";
  state_.absent = false;
  for (int scrape = 0; scrape < 4; ++scrape) {
    page();
  }
  EXPECT_EQ(state_.server_runs, 7);
  EXPECT_TRUE(has(page(), "pg_up 1"));
  EXPECT_EQ(state_.server_runs, 8) << "once found it is read at every scrape";
}

TEST_F(SchedulerWorkers, AShortDeadlineIsKeptBesideALongOne) {
  start();
  state_.hang = true;
  auto patient = std::async(std::launch::async, [&] { return page(Selection::everything(), 1500ms); });
  while (state_.slow_runs == 0) {
    std::this_thread::yield();
  }
  const auto begin = Clock::now();
  const std::string text = page(Selection::everything(), 50ms);
  EXPECT_LT(Clock::now() - begin, 1s);
  EXPECT_TRUE(has(text, "quick 1")) << text;
  EXPECT_TRUE(has(text, "pg_up 0"));
  EXPECT_TRUE(has(patient.get(), "pg_up 0"));
  EXPECT_EQ(state_.slow_runs, 1);
}

}  // namespace
}  // namespace exporter
