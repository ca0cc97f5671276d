#include "exporter/scheduler.h"

#include <future>

#include "tests/exporter/scheduler_machine.h"

namespace exporter {
namespace {

using namespace scheduler_test;
using namespace std::chrono_literals;

TEST_F(SchedulerTest, PutsAllOnOnePage) {
  start();
  const std::string text = page();
  for (const char* line :
       {"quick 1", "slow 2", "pg_up 1", "pg_rows 3", "node_scrape_collector_success{collector=\"quick\"} 1",
        "node_scrape_collector_success{collector=\"slow\"} 1", "pg_scrape_collector_success{collector=\"view\"} 1"}) {
    EXPECT_TRUE(has(text, line)) << line << "\n" << text;
  }
}

TEST_F(SchedulerTest, SelectsModulesAndCollectors) {
  start();
  const std::string node = page(Selection::of(Module::node));
  EXPECT_TRUE(has(node, "quick 1"));
  EXPECT_FALSE(has(node, "pg_up 1"));
  Selection only = Selection::everything();
  only.collectors = {true, false, false, false};
  const std::string quick = page(only);
  EXPECT_TRUE(has(quick, "quick 1"));
  EXPECT_FALSE(has(quick, "slow 2"));
  EXPECT_FALSE(has(quick, "pg_up 1")) << "a server none of whose collectors is asked for is left alone";
}

TEST_F(SchedulerTest, AThrowingCollectorLosesOnlyItsOwnSamples) {
  start();
  state_.throws = true;
  const std::string text = page();
  EXPECT_FALSE(has(text, "quick 1"));
  EXPECT_TRUE(has(text, "node_scrape_collector_success{collector=\"quick\"} 0"));
  EXPECT_TRUE(has(text, "slow 2"));
}

TEST_F(SchedulerTest, ShowsARefusingServerAsDownAndAnAbsentOneNotAtAll) {
  start();
  state_.refused = true;
  std::string text = page();
  EXPECT_TRUE(has(text, "pg_up 0"));
  EXPECT_FALSE(has(text, "pg_rows 3"));
  EXPECT_TRUE(has(text, "pg_scrape_collector_success{collector=\"view\"} 0"));
  state_.refused = false;
  state_.absent = true;
  text = page();
  EXPECT_EQ(text.find("pg_"), std::string::npos) << text;
}

TEST_F(SchedulerTest, LabelsSeveralTargets) {
  state_.targets = 2;
  start();
  const std::string text = page();
  for (const char* line :
       {"pg_up{target=\"server1:5432\"} 1", "pg_up{target=\"server2:5432\"} 1", "pg_rows{target=\"server2:5432\"} 3",
        "pg_scrape_collector_success{collector=\"view\",target=\"server1:5432\"} 1"}) {
    EXPECT_TRUE(has(text, line)) << line << "\n" << text;
  }
}

TEST_F(SchedulerTest, ConstantLabelsComeBehindTheTarget) {
  state_.labels = "team=\"billing\"";
  start();
  EXPECT_TRUE(has(page(), "pg_up{team=\"billing\"} 1")) << page();
  EXPECT_TRUE(has(page(), "pg_rows{team=\"billing\"} 3"));
  scheduler_ = nullptr;
  state_.targets = 2;
  start();
  EXPECT_TRUE(has(page(), "pg_up{target=\"server2:5432\",team=\"billing\"} 1")) << page();
  EXPECT_TRUE(has(page(), "pg_rows{target=\"server1:5432\",team=\"billing\"} 3"));
}

TEST_F(SchedulerTest, NamesOfAModuleMayBeginWithAnotherWord) {
  static constexpr OptionDesc kPrefix[] = {{"metric-prefix", OptionType::text, "pg", "The word."}};
  options_.declare(kPrefix);
  options_.set("metric-prefix", "db");
  TargetSpec renamed = kTargets;
  renamed.prefix = {.word = "pg", .option = "metric-prefix"};
  start(renamed);
  const std::string text = page();
  EXPECT_TRUE(has(text, "# TYPE db_up gauge")) << text;
  EXPECT_TRUE(has(text, "db_up 1"));
  EXPECT_TRUE(has(text, "db_rows 3"));
  EXPECT_TRUE(has(text, "quick 1"));
  EXPECT_EQ(text.find("pg_rows"), std::string::npos);
}

TEST_F(SchedulerTest, SaysWhereAServerRuns) {
  const std::string info = "resource_exporter_target_info";
  start();
  EXPECT_EQ(page().find(info), std::string::npos);  // elsewhere, or not known
  state_.group = "/docker/x";
  EXPECT_TRUE(has(page(), info + "{module=\"postgres\",target=\"server1:5432\",id=\"/docker/x\"} 1"));
  state_.container = "db";
  EXPECT_TRUE(has(page(), info + "{module=\"postgres\",target=\"server1:5432\",id=\"/docker/x\",container=\"db\"} 1"));
  state_.refused = true;
  EXPECT_EQ(page().find(info), std::string::npos);
}

TEST_F(SchedulerTest, ConcurrentScrapesShareOneCollection) {
  start();
  state_.hang = true;
  std::vector<std::future<std::shared_ptr<const Body>>> scrapes;
  for (int i = 0; i < 8; ++i) {
    scrapes.push_back(std::async(std::launch::async,
                                 [&] { return scheduler_->scrape(Selection::everything(), Clock::now() + 300ms); }));
  }
  std::vector<std::shared_ptr<const Body>> bodies;
  for (auto& scrape : scrapes) {
    bodies.push_back(scrape.get());
  }
  EXPECT_LT(state_.quick_runs, 8);
  EXPECT_EQ(state_.slow_runs, 1);
}

TEST_F(SchedulerTest, ScrapesOfDifferentPathsRunBesideEachOther) {
  start();
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) {
        const auto selection = i % 2 == 0 ? Selection::everything() : Selection::of(static_cast<Module>(i % 3));
        const auto body = scheduler_->scrape(selection, Clock::now() + 5s);
        const bool sound = body && tests::parse_exposition(body->text).errors.empty() &&
                           (i % 2 != 0 || (has(body->text, "slow 2") && has(body->text, "pg_rows 3")));
        wrong += sound ? 0 : 1;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace exporter
