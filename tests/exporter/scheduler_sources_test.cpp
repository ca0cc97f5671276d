// Servers that others name.
#include "tests/exporter/scheduler_machine.h"

namespace exporter {
namespace {

using namespace scheduler_test;
using namespace std::chrono_literals;

constexpr MetricDesc kSourceMetrics[] = {{MetricType::gauge, "resource_exporter_source", "Servers named."}};

struct Wanted {
  std::mutex mutex;
  std::vector<std::string> addresses;
  std::uint64_t generation = 1;
};
Wanted* wanted = nullptr;

class Named final : public TargetSource {
 public:
  void settle(Clock::time_point) override {}
  std::optional<std::vector<std::string>> changes(std::uint64_t& generation) override {
    const std::lock_guard lock(wanted->mutex);
    return std::exchange(generation, wanted->generation) == wanted->generation ? std::nullopt
                                                                               : std::optional(wanted->addresses);
  }
  std::unique_ptr<Target> make(std::string_view address) override {
    return std::make_unique<Server>(address[6] - '0');  // of "server1:5432"
  }
  std::span<const MetricDesc> metrics() const noexcept override { return kSourceMetrics; }
  void write(Sink& sink) const override {
    const std::lock_guard lock(wanted->mutex);
    sink.add(kSourceMetrics[0], wanted->addresses.size());
  }
};

std::unique_ptr<TargetSource> make_named(const Environment&, std::span<const CollectorSpec* const>) {
  return std::make_unique<Named>();
}

const TargetSpec kNamed{Module::postgres, kServer, {}, make_targets, {}, {}, {}, make_named};

class SchedulerSources : public SchedulerTest {
 protected:
  void SetUp() override {
    SchedulerTest::SetUp();
    wanted = &wanted_;
    state_.targets = 0;
  }
  void name(const std::vector<int>& servers) {
    {
      const std::lock_guard lock(wanted_.mutex);
      wanted_.addresses.clear();
      for (const int number : servers) {
        wanted_.addresses.push_back("server" + std::to_string(number) + ":5432");
      }
      ++wanted_.generation;
    }
    if (scheduler_) {
      scheduler_->tend();
    }
  }
  static bool shows(const std::string& page, const std::string& server) {
    return has(page, "pg_up{target=\"" + server + ":5432\"} 1");
  }
  Wanted wanted_;
};

TEST_F(SchedulerSources, ServersComeAndGo) {
  name({1});
  start(kNamed).settle(Clock::now());
  std::string text = page();
  EXPECT_FALSE(shows(text, "server2"));
  EXPECT_TRUE(shows(text, "server1")) << "with a label, although it is alone";
  EXPECT_TRUE(has(text, "resource_exporter_source 1"));
  name({1, 2});
  text = page();
  EXPECT_TRUE(shows(text, "server1") && shows(text, "server2"));
  EXPECT_TRUE(has(text, "pg_rows{target=\"server2:5432\"} 3"));
  name({2, 3});
  text = page();
  EXPECT_TRUE(shows(text, "server2") && shows(text, "server3"));
  EXPECT_EQ(text.find("server1"), std::string::npos);
  name({});
  EXPECT_EQ(page().find("pg_up"), std::string::npos);
}

TEST_F(SchedulerSources, OneThatHangsIsLetGoWhenItComesBack) {
  name({1});
  start(kNamed).settle(Clock::now());
  state_.hang = true;
  EXPECT_TRUE(has(page(Selection::everything(), 50ms), "pg_up{target=\"server1:5432\"} 0"));
  name({2});
  EXPECT_EQ(page(Selection::everything(), 50ms).find("server1"), std::string::npos);
  EXPECT_FALSE(scheduler_->stop(Clock::now())) << "it still runs";
}

TEST_F(SchedulerSources, ScrapesGoOnMeanwhile) {
  name({1});
  start(kNamed).settle(Clock::now());
  std::atomic<bool> done{false};
  std::thread scrapes([&] {
    while (!done) {
      EXPECT_TRUE(has(page(), "quick 1"));
    }
  });
  for (int i = 0; i < 200; ++i) {
    name({i % 3 + 1, i % 4 + 4});
  }
  done = true;
  scrapes.join();
  EXPECT_TRUE(shows(page(), "server2")) << "199 % 3 + 1";
}

}  // namespace
}  // namespace exporter
