#include "exporter/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>

namespace exporter {
namespace {

using namespace std::chrono_literals;
Worker::Clock::time_point soon(std::chrono::milliseconds time) { return Worker::Clock::now() + time; }

TEST(Worker, RunsOnRequestOnly) {
  std::atomic<int> runs{0};
  Worker worker([&](auto, const Wanted&) { ++runs; });
  EXPECT_EQ(runs, 0);
  for (int i = 1; i <= 3; ++i) {
    const auto number = worker.request(soon(5s), {true});
    EXPECT_TRUE(worker.wait(number, soon(5s)));
    worker.release(number);
    EXPECT_EQ(runs, i);
  }
}

TEST(Worker, WhatNeedsNoWaitingIsDoneWithoutTheThread) {
  std::atomic<int> runs{0};
  std::thread::id where;
  bool nothing = true;
  Worker worker(
      [&](auto, const Wanted&) {
        ++runs;
        where = std::this_thread::get_id();
      },
      [&](auto, const Wanted&) { return nothing; });
  const auto first = worker.request(soon(5s), {true});
  const auto second = worker.request(soon(5s), {true});
  EXPECT_EQ(first, second) << "its result is shared like any other";
  EXPECT_TRUE(worker.wait(first, soon(5s)));
  worker.release(first);
  worker.release(second);
  EXPECT_EQ(runs, 0);
  nothing = false;
  const auto third = worker.request(soon(5s), {true});
  EXPECT_TRUE(worker.wait(third, soon(5s)));
  worker.release(third);
  EXPECT_EQ(runs, 1);
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(Worker, ScrapesThatComeMeanwhileShareTheRun) {
  std::atomic<int> runs{0};
  std::promise<void> gate;
  std::promise<void> inside;
  auto open = gate.get_future().share();
  Worker worker([&](auto, const Wanted&) {
    if (++runs == 1) {
      inside.set_value();
    }
    open.wait();
  });
  const auto first = worker.request(soon(5s), {true, false});
  inside.get_future().wait();
  const auto second = worker.request(soon(5s), {true, false});
  const auto wider = worker.request(soon(5s), {false, true});
  EXPECT_EQ(first, second);
  EXPECT_EQ(wider, first + 1);
  gate.set_value();
  EXPECT_TRUE(worker.wait(first, soon(5s)));
  EXPECT_TRUE(worker.wait(second, soon(5s)));
  EXPECT_EQ(runs, 1) << "the next run waits until the results of this one were read";
  worker.release(first);
  worker.release(second);
  EXPECT_TRUE(worker.wait(wider, soon(5s)));
  worker.release(wider);
  EXPECT_EQ(runs, 2);
}

TEST(Worker, ALateRunIsNotStartedTwice) {
  std::atomic<int> runs{0};
  std::promise<void> gate;
  auto open = gate.get_future().share();
  Worker worker([&](auto, const Wanted&) {
    ++runs;
    open.wait();
  });
  for (int i = 0; i < 3; ++i) {
    const auto number = worker.request(soon(10ms), {true});
    EXPECT_FALSE(worker.wait(number, soon(10ms)));
    EXPECT_GT(worker.busy_seconds(), 0);
    worker.release(number);
  }
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(worker.rest(soon(1ms)));
  gate.set_value();
  EXPECT_TRUE(worker.rest(soon(5s)));
}

}  // namespace
}  // namespace exporter
