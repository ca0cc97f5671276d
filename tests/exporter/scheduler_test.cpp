#include "exporter/scheduler.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "exporter/routes.h"
#include "platform/deadline.h"
#include "tests/support/allocations.h"
#include "tests/support/exposition.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Clock = Scheduler::Clock;

constexpr MetricDesc kQuick[] = {{MetricType::gauge, "quick", "A quick one."}};
constexpr MetricDesc kSlow[] = {{MetricType::gauge, "slow", "A slow one."}};
constexpr MetricDesc kBehind[] = {{MetricType::gauge, "behind", "Behind the slow one, on the same worker."}};
constexpr MetricDesc kServer[] = {{MetricType::gauge, "pg_up", "Whether the server answered."}};
constexpr MetricDesc kOther[] = {{MetricType::gauge, "pg_other", "Nothing."}};
constexpr MetricDesc kView[] = {{MetricType::gauge, "pg_rows", "Rows."}};

struct State {
  std::atomic<int> quick_runs{0};
  std::atomic<int> slow_runs{0};
  std::atomic<int> server_runs{0};
  std::atomic<bool> throws{false};
  std::atomic<bool> hang{false};
  std::atomic<bool> absent{false};
  std::atomic<bool> refused{false};
  std::atomic<bool> nothing{false};
  std::atomic<Outcome> outcome_of_nothing{Outcome::no_data};
  int targets = 1;
  const char* group = "";  // where the servers run
  const char* container = "";
};
State* state = nullptr;  // the factories of a spec are plain functions

class Quick final : public Collector {
  Outcome collect(const Scrape&, Sink& sink) override {
    ++state->quick_runs;
    sink.add(kQuick[0], 1);
    if (state->throws) {
      throw std::runtime_error("broken");
    }
    return Outcome::ok;
  }
};

// Hangs past its deadline until told to go on, as statfs on a dead mount does.
class Slow final : public Collector {
  bool nothing_to_read() override { return state->nothing; }
  Outcome outcome_of_nothing() override { return state->outcome_of_nothing; }
  Outcome collect(const Scrape&, Sink& sink) override {
    ++state->slow_runs;
    while (state->hang) {
      std::this_thread::yield();
    }
    sink.add(kSlow[0], 2);
    return Outcome::ok;
  }
};

// Shares its worker with Slow's sibling below; needs it or not.
class Behind final : public Collector {
  std::optional<Outcome> collect_at_once(const Scrape& scrape, Sink& sink) override {
    return state->nothing ? std::optional(collect(scrape, sink)) : std::nullopt;
  }
  Outcome collect(const Scrape&, Sink& sink) override {
    sink.add(kBehind[0], 4);
    return Outcome::ok;
  }
};

class Server final : public Target {
 public:
  explicit Server(int number) : address_("server" + std::to_string(number) + ":5432") {}
  std::string_view address() const noexcept override { return address_; }
  Outcome collect(const Scrape& scrape, TargetPage& page) override {
    ++state->server_runs;
    if (state->hang) {
      const platform::Deadline deadline{Clock::now() + 30s, scrape.stop_fd};
      deadline.wait(-1, 0);
      return Outcome::failed;
    }
    for (auto& run : page.runs) {
      if (run.spec->name == "view") {
        run.sink.add(kView[0], 3);
      }
      run.outcome = Outcome::ok;
    }
    if (state->absent) {
      return Outcome::no_data;
    }
    page.group = state->group;
    page.container = state->container;
    page.self.add(kServer[0], !state->refused);
    page.reason = state->refused ? "refused" : "";
    return state->refused ? Outcome::failed : Outcome::ok;
  }
  void write_late(Sink& self) const override { self.add(kServer[0], 0); }

 private:
  std::string address_;
};

template <class T>
std::unique_ptr<Collector> make(const Environment&) {
  return std::make_unique<T>();
}
std::vector<std::unique_ptr<Target>> make_targets(const Environment&, std::span<const CollectorSpec* const>) {
  std::vector<std::unique_ptr<Target>> targets;
  for (int i = 1; i <= state->targets; ++i) {
    targets.push_back(std::make_unique<Server>(i));
  }
  return targets;
}

const CollectorSpec kQuickSpec{"quick", "", Module::node, true, Pace::inline_fast, kQuick, {}, make<Quick>};
const CollectorSpec kSlowSpec{"slow", "", Module::node, true, Pace::own_worker, kSlow, {}, make<Slow>};
const CollectorSpec kFirstSpec{.name = "first",
                               .summary = "",
                               .module = Module::node,
                               .on_by_default = true,
                               .pace = Pace::own_worker,
                               .metrics = kQuick,
                               .options = {},
                               .make = make<Quick>,
                               .worker = "lock"};
const CollectorSpec kSharedSpec{.name = "shared",
                                .summary = "",
                                .module = Module::node,
                                .on_by_default = true,
                                .pace = Pace::own_worker,
                                .metrics = kSlow,
                                .options = {},
                                .make = make<Slow>,
                                .worker = "lock"};
const CollectorSpec kBehindSpec{.name = "behind",
                                .summary = "",
                                .module = Module::node,
                                .on_by_default = true,
                                .pace = Pace::own_worker,
                                .metrics = kBehind,
                                .options = {},
                                .make = make<Behind>,
                                .worker = "lock"};
const CollectorSpec kViewSpec{"view", "", Module::postgres, true, Pace::own_worker, kView, {}, MakeQuery{nullptr}};
const CollectorSpec kOtherSpec{"other", "", Module::postgres, true, Pace::own_worker, kOther, {}, MakeQuery{nullptr}};
const TargetSpec kTargets{Module::postgres, kServer, {}, make_targets};

class SchedulerTest : public testing::Test {
 protected:
  void SetUp() override {
    state = &state_;
    ASSERT_EQ(host_.open(), "");
  }
  void TearDown() override {
    state_.hang = false;
    const std::uint64_t one = 1;
    (void)!::write(stop_, &one, sizeof one);
    scheduler_ = nullptr;
    ::close(stop_);
  }
  Scheduler& start() {
    static const TargetSpec* const kTargetSpecs[] = {&kTargets};
    scheduler_ = std::make_unique<Scheduler>(
        environment_, std::vector<const CollectorSpec*>{&kQuickSpec, &kSlowSpec, &kViewSpec, &kOtherSpec}, kTargetSpecs,
        log_, stop_);
    return *scheduler_;
  }
  // Three that share one worker: a quick one, one that may hang, one behind it.
  Scheduler& start_sharing() {
    scheduler_ = std::make_unique<Scheduler>(environment_,
                                             std::vector<const CollectorSpec*>{&kFirstSpec, &kSharedSpec, &kBehindSpec},
                                             std::span<const TargetSpec* const>{}, log_, stop_);
    return *scheduler_;
  }
  std::string page(const Selection& selection = Selection::everything(), std::chrono::milliseconds time = 5s) {
    const auto body = scheduler_->scrape(selection, Clock::now() + time);
    if (!body) {
      return "none";
    }
    const auto parsed = tests::parse_exposition(body->text);
    EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.front();
    return body->text;
  }
  static bool has(const std::string& page, const std::string& line) {
    return page.find("\n" + line + "\n") != std::string::npos;
  }

  State state_;
  platform::Host host_;
  Options options_;
  Shared shared_;
  const Environment environment_{host_, options_, shared_};
  const Log log_{LogLevel::error, LogFormat::logfmt, -1};
  int stop_ = ::eventfd(0, EFD_CLOEXEC);
  std::unique_ptr<Scheduler> scheduler_;
};

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

TEST_F(SchedulerTest, LeavesOutWhoIsLateAndStartsItOnce) {
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

TEST_F(SchedulerTest, ALateServerFailsOnlyTheCollectorsAskedFor) {
  start();
  state_.hang = true;
  Selection only = Selection::everything();
  only.collectors = {false, false, true, false};
  const std::string text = page(only, 50ms);
  EXPECT_TRUE(has(text, "pg_up 0"));
  EXPECT_TRUE(has(text, "pg_scrape_collector_success{collector=\"view\"} 0"));
  EXPECT_EQ(text.find("pg_scrape_collector_success{collector=\"other\"}"), std::string::npos);
}

TEST_F(SchedulerTest, ACollectorWithNothingToReadSaysWhetherThatIsAFailure) {
  start();
  state_.nothing = true;
  EXPECT_TRUE(has(page(), "node_scrape_collector_success{collector=\"slow\"} 0"));
  state_.outcome_of_nothing = Outcome::ok;
  EXPECT_TRUE(has(page(), "node_scrape_collector_success{collector=\"slow\"} 1"));
  EXPECT_EQ(state_.slow_runs, 0);
}

TEST_F(SchedulerTest, AWarmScrapeAllocatesNothing) {
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

TEST_F(SchedulerTest, CollectorsShareAWorker) {
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

TEST_F(SchedulerTest, WhatASharedWorkerHadDoneBeforeOneHungIsShown) {
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

TEST_F(SchedulerTest, WhatCanBeDoneAtOnceIsNotDoneAgainByTheSharedWorker) {
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

TEST_F(SchedulerTest, LooksLessOftenForAServerThatNobodyNamed) {
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

TEST_F(SchedulerTest, AShortDeadlineIsKeptBesideALongOne) {
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

TEST_F(SchedulerTest, RoutesAnswerAsNodeExporterDoes) {
  Routes routes(start(), {});
  const auto get = [&](std::string path, std::vector<std::pair<std::string, std::string>> parameters = {}) {
    HttpRequest request;
    request.path = std::move(path);
    request.parameters = std::move(parameters);
    return routes.answer(request);
  };
  EXPECT_EQ(get("/metrics").content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_TRUE(has(get("/metrics/postgres").body->text, "pg_up 1"));
  EXPECT_EQ(get("/metrics/nonsense").status, 404);
  EXPECT_EQ(get("/metricsxnode").status, 404);
  EXPECT_EQ(get("/-/healthy").status, 200);
  EXPECT_EQ(get("/-/ready").status, 200);
  EXPECT_NE(get("/").body->text.find("href=\"/metrics\""), std::string::npos);
  const auto one = get("/metrics", {{"collect[]", "quick"}});
  EXPECT_TRUE(has(one.body->text, "quick 1"));
  EXPECT_FALSE(has(one.body->text, "slow 2"));
  const auto without = get("/metrics", {{"exclude[]", "quick"}, {"exclude[]", "nonsense"}});
  EXPECT_FALSE(has(without.body->text, "quick 1"));
  EXPECT_TRUE(has(without.body->text, "slow 2"));
  const auto both = get("/metrics", {{"collect[]", "quick"}, {"exclude[]", "slow"}});
  EXPECT_EQ(both.status, 400);
  EXPECT_EQ(both.body->text, "Combined collect and exclude queries are not allowed.");
  EXPECT_EQ(get("/metrics", {{"collect[]", "nonsense"}, {"exclude[]", ""}}).body->text, both.body->text);
  const auto missing = get("/metrics", {{"collect[]", "nonsense"}});
  EXPECT_EQ(missing.status, 400);
  EXPECT_EQ(missing.body->text,
            "Couldn't create filtered metrics handler: couldn't create collector: missing collector: nonsense");
  EXPECT_EQ(get("/metrics", {{"collect[]", ""}}).status, 400);
  const auto disabled = get("/metrics", {{"collect[]", "loadavg"}});
  EXPECT_NE(disabled.body->text.find("disabled collector: loadavg"), std::string::npos);
  EXPECT_TRUE(has(get("/metrics", {{"exclude[]", "nonsense"}}).body->text, "quick 1"));
  EXPECT_TRUE(has(get("/metrics", {{"exclude[]", ""}}).body->text, "quick 1"));
  const auto none = get("/metrics", {{"exclude[]", "quick"}, {"exclude[]", "slow"}, {"exclude[]", "view"}});
  EXPECT_EQ(none.status, 200);
  EXPECT_FALSE(has(none.body->text, "quick 1"));
}

TEST_F(SchedulerTest, RefusesMoreScrapesThanAllowed) {
  Routes routes(start(), {.telemetry_path = "/metrics", .max_requests = 1});
  state_.hang = true;
  HttpRequest request;
  request.path = "/metrics";
  request.timeout_seconds = 1;
  auto first = std::async(std::launch::async, [&] { return routes.answer(request); });
  while (state_.slow_runs == 0) {
    std::this_thread::yield();
  }
  const auto second = routes.answer(request);
  EXPECT_EQ(second.status, 503);
  EXPECT_EQ(second.body->text, "Limit of concurrent requests reached (1), try again later.\n");
  EXPECT_EQ(first.get().status, 200);
}

TEST_F(SchedulerTest, KeepsAMarginFromTheScrapersTimeout) {
  const Routes routes(start(), {.telemetry_path = "/metrics", .timeout_offset = 0.5, .default_timeout = 10});
  EXPECT_EQ(routes.budget(0).count(), 10);
  EXPECT_EQ(routes.budget(5).count(), 4.5);
  EXPECT_EQ(routes.budget(0.6).count(), 0.3);
  EXPECT_EQ(routes.budget(-1).count(), 10);
  EXPECT_EQ(routes.budget(1e300).count(), 10);
}

}  // namespace
}  // namespace exporter
