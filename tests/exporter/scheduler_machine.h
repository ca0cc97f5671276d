// A scheduler over collectors and a server that do what a test tells them.
#pragma once
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "exporter/scheduler.h"
#include "platform/deadline.h"
#include "tests/support/exposition.h"

namespace exporter {
namespace scheduler_test {

using namespace std::chrono_literals;
using Clock = Scheduler::Clock;

inline constexpr MetricDesc kQuick[] = {{MetricType::gauge, "quick", "A quick one."}};
inline constexpr MetricDesc kSlow[] = {{MetricType::gauge, "slow", "A slow one."}};
inline constexpr MetricDesc kBehind[] = {{MetricType::gauge, "behind", "Behind the slow one, on the same worker."}};
inline constexpr MetricDesc kServer[] = {{MetricType::gauge, "pg_up", "Whether the server answered."}};
inline constexpr MetricDesc kOther[] = {{MetricType::gauge, "pg_other", "Nothing."}};
inline constexpr MetricDesc kView[] = {{MetricType::gauge, "pg_rows", "Rows."}};

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
  const char* labels = "";  // the servers' constant ones
};
inline State* state = nullptr;  // the factories of a spec are plain functions

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
  std::string_view constant_labels() const noexcept override { return state->labels; }
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
inline std::vector<std::unique_ptr<Target>> make_targets(const Environment&, std::span<const CollectorSpec* const>) {
  std::vector<std::unique_ptr<Target>> targets;
  for (int i = 1; i <= state->targets; ++i) {
    targets.push_back(std::make_unique<Server>(i));
  }
  return targets;
}

inline const CollectorSpec kQuickSpec{"quick", "", Module::node, true, Pace::inline_fast, kQuick, {}, make<Quick>};
inline const CollectorSpec kSlowSpec{"slow", "", Module::node, true, Pace::own_worker, kSlow, {}, make<Slow>};
inline const CollectorSpec kFirstSpec{.name = "first",
                                      .summary = "",
                                      .module = Module::node,
                                      .on_by_default = true,
                                      .pace = Pace::own_worker,
                                      .metrics = kQuick,
                                      .options = {},
                                      .make = make<Quick>,
                                      .worker = "lock"};
inline const CollectorSpec kSharedSpec{.name = "shared",
                                       .summary = "",
                                       .module = Module::node,
                                       .on_by_default = true,
                                       .pace = Pace::own_worker,
                                       .metrics = kSlow,
                                       .options = {},
                                       .make = make<Slow>,
                                       .worker = "lock"};
inline const CollectorSpec kBehindSpec{.name = "behind",
                                       .summary = "",
                                       .module = Module::node,
                                       .on_by_default = true,
                                       .pace = Pace::own_worker,
                                       .metrics = kBehind,
                                       .options = {},
                                       .make = make<Behind>,
                                       .worker = "lock"};
inline const CollectorSpec kViewSpec{"view", "", Module::postgres,  true, Pace::own_worker,
                                     kView,  {}, MakeQuery{nullptr}};
inline const CollectorSpec kOtherSpec{"other", "", Module::postgres,  true, Pace::own_worker,
                                      kOther,  {}, MakeQuery{nullptr}};
inline const TargetSpec kTargets{Module::postgres, kServer, {}, make_targets, {}};

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
  Scheduler& start(const TargetSpec& targets = kTargets) {
    const TargetSpec* const specs[] = {&targets};
    scheduler_ = std::make_unique<Scheduler>(
        environment_, std::vector<const CollectorSpec*>{&kQuickSpec, &kSlowSpec, &kViewSpec, &kOtherSpec}, specs, log_,
        stop_);
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

}  // namespace scheduler_test
}  // namespace exporter
