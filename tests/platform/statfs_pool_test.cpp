#include "platform/statfs_pool.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace {

using platform::StatfsPool;
using namespace std::chrono_literals;

// A kernel whose servers can be made to hang by path. A helper that hung may come back after the end of its test.
class Kernel : public std::enable_shared_from_this<Kernel> {
 public:
  StatfsPool::Function function() {
    return [self = shared_from_this()](const char* path, struct statfs& out) { return self->answer(path, out); };
  }
  void hang(const std::string& path) {
    const std::lock_guard lock(mutex_);
    hanging_.insert(path);
  }
  void release() {
    const std::lock_guard lock(mutex_);
    hanging_.clear();
    changed_.notify_all();
  }
  int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  int answer(const std::string& path, struct statfs& out) {
    std::unique_lock lock(mutex_);
    ++calls_;
    changed_.wait(lock, [&] { return hanging_.count(path) == 0; });
    out.f_blocks = path.size();
    return path == "/stale" ? ESTALE : 0;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> hanging_;
  int calls_ = 0;
};

std::shared_ptr<StatfsPool::Job> job(const char* path) { return std::make_shared<StatfsPool::Job>(path); }

int ask(StatfsPool& pool, const std::shared_ptr<StatfsPool::Job>& job, struct statfs& out,
        std::chrono::milliseconds timeout = 10s) {
  if (!pool.submit(job)) {
    return StatfsPool::kStuck;
  }
  return pool.wait(*job, timeout, StatfsPool::Clock::now() + 10s, out);
}

TEST(StatfsPool, AnswersAndErrorsComeBackAndOneHelperServesAll) {
  const auto kernel = std::make_shared<Kernel>();
  StatfsPool pool(4, kernel->function());
  EXPECT_EQ(pool.helpers(), 0U);
  struct statfs out {};
  const auto fine = job("/export");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask(pool, fine, out), 0);
    EXPECT_EQ(out.f_blocks, 7U);
  }
  EXPECT_EQ(ask(pool, job("/stale"), out), ESTALE);
  EXPECT_EQ(kernel->calls(), 4);
  EXPECT_GE(pool.helpers(), 1U);
  EXPECT_LE(pool.helpers(), 4U);
}

TEST(StatfsPool, AHungPathCostsOneHelperAndIsNotAskedAgain) {
  const auto kernel = std::make_shared<Kernel>();
  StatfsPool pool(2, kernel->function());
  kernel->hang("/dead");
  const auto dead = job("/dead");
  struct statfs out {};
  EXPECT_EQ(ask(pool, dead, out, 5ms), StatfsPool::kStuck);
  for (int scrape = 0; scrape < 20; ++scrape) {
    EXPECT_FALSE(pool.submit(dead));
    EXPECT_EQ(ask(pool, job("/fine"), out), 0);
  }
  EXPECT_EQ(pool.helpers(), 2U);
  EXPECT_EQ(kernel->calls(), 21);
  kernel->release();
  while (!pool.submit(dead)) {
  }
  EXPECT_EQ(pool.wait(*dead, 10s, StatfsPool::Clock::now() + 10s, out), 0);
  EXPECT_EQ(out.f_blocks, 5U);
}

TEST(StatfsPool, WhenAllHelpersHangTheOthersAreGivenUpAtOnceAndServedLater) {
  const auto kernel = std::make_shared<Kernel>();
  StatfsPool pool(2, kernel->function());
  struct statfs out {};
  std::vector<std::shared_ptr<StatfsPool::Job>> dead = {job("/a"), job("/b")};
  for (const auto& each : dead) {
    kernel->hang(each->path());
    EXPECT_EQ(ask(pool, each, out, 5ms), StatfsPool::kStuck);
  }
  const auto healthy = job("/healthy");
  const auto before = StatfsPool::Clock::now();
  EXPECT_EQ(ask(pool, healthy, out, 5ms), StatfsPool::kStuck);
  EXPECT_LT(StatfsPool::Clock::now() - before, 5s);
  EXPECT_EQ(pool.helpers(), 2U);
  kernel->release();
  EXPECT_EQ(ask(pool, healthy, out), 0);
}

TEST(StatfsPool, TheDeadlineOfTheScrapeEndsTheWait) {
  const auto kernel = std::make_shared<Kernel>();
  StatfsPool pool(1, kernel->function());
  kernel->hang("/dead");
  const auto dead = job("/dead");
  struct statfs out {};
  ASSERT_TRUE(pool.submit(dead));
  EXPECT_EQ(pool.wait(*dead, 10s, StatfsPool::Clock::now() + 5ms, out), StatfsPool::kStuck);
  kernel->release();
}

TEST(StatfsPool, EndsWhileAHelperHangs) {
  const auto kernel = std::make_shared<Kernel>();
  kernel->hang("/dead");
  const auto dead = job("/dead");
  struct statfs out {};
  {
    StatfsPool pool(1, kernel->function());
    EXPECT_EQ(ask(pool, dead, out, 5ms), StatfsPool::kStuck);
  }
  kernel->release();
}

TEST(StatfsPool, TheSystemCallReportsItsErrno) {
  struct statfs out {};
  EXPECT_EQ(StatfsPool::system_statfs("/", out), 0);
  EXPECT_GT(out.f_bsize, 0);
  EXPECT_EQ(StatfsPool::system_statfs("/no/such/folder", out), ENOENT);
}

}  // namespace
