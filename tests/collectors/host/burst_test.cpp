#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "collectors/host/burst_sampler.h"
#include "exporter/registry.h"
#include "tests/support/allocations.h"
#include "tests/support/exposition.h"
#include "tests/support/fixture.h"

namespace fs = std::filesystem;
using exporter::host::burst::kMetrics;
using exporter::host::burst::Sampler;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace tests {
namespace {

// The sampling core over a folder, with a clock that the test winds on.
class Burst : public testing::Test {
 protected:
  Burst() {
    fs::create_directories(copy_.path() / "none");
    host_.procfs = (copy_.path() / "proc").string();
    host_.sysfs = (copy_.path() / "sys").string();
    host_.rootfs = (copy_.path() / "none").string();
    EXPECT_EQ(host_.open(), "");
  }
  void sample() {
    sampler_.gather(now_);
    sampler_.publish();
    now_ += milliseconds(100);
  }
  void write(const char* name, std::string_view text) { write_text(copy_.path() / "proc" / name, text); }
  void cpu(int user, int idle, int iowait, int running) {
    write("stat", "cpu  " + std::to_string(user) + " 0 0 " + std::to_string(idle) + " " + std::to_string(iowait) +
                      " 0 0 0 0 0\nintr 5\nprocs_running " + std::to_string(running) + "\nprocs_blocked 0\n");
  }
  void pressure(const char* name, int some, int full) {
    write(name, "some avg10=0.00 avg60=0.00 avg300=0.00 total=" + std::to_string(some) +
                    "\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=" + std::to_string(full) + "\n");
  }
  std::string page() {
    sink_.clear();
    sampler_.write(sink_);
    exporter::Registry registry;
    std::string page;
    const exporter::Sink* sinks[] = {&sink_};
    tests::append_page(registry, sinks, page);
    return page;
  }
  static bool has(const std::string& page, const std::string& line) {
    return page.find("resource_exporter_burst_" + line + "\n") != std::string::npos;
  }

  const FixtureCopy copy_{fs::path(FIXTURES) / "host/burst"};
  platform::Host host_;
  Sampler sampler_{host_, {}};
  nanoseconds now_{};
  exporter::Sink sink_{kMetrics};
};

TEST_F(Burst, TheUseOfTheCpusIsTheShareOfTicksBetweenTwoSamples) {
  cpu(100, 100, 0, 1);
  sample();
  cpu(109, 101, 0, 1);  // 9 of 10
  sample();
  cpu(109, 106, 5, 1);  // none: waiting for I/O is not use
  sample();
  cpu(119, 106, 5, 1);  // all
  sample();
  const auto text = page();
  EXPECT_TRUE(has(text, "cpu_utilization_ratio_bucket{le=\"0.05\"} 1"));
  EXPECT_TRUE(has(text, "cpu_utilization_ratio_bucket{le=\"0.75\"} 1"));
  EXPECT_TRUE(has(text, "cpu_utilization_ratio_bucket{le=\"0.9\"} 2"));
  EXPECT_TRUE(has(text, "cpu_utilization_ratio_bucket{le=\"0.99\"} 2"));
  EXPECT_TRUE(has(text, "cpu_utilization_ratio_bucket{le=\"1\"} 3"));
  EXPECT_TRUE(has(text, "cpu_utilization_ratio_sum 1.9"));
  EXPECT_TRUE(has(text, "cpu_utilization_ratio_count 3"));
}

TEST_F(Burst, ASampleWithinATickWaitsForTheNext) {
  cpu(100, 100, 0, 1);
  sample();
  sample();
  cpu(105, 105, 0, 1);
  sample();
  const auto text = page();
  EXPECT_TRUE(has(text, "cpu_utilization_ratio_sum 0.5"));
  EXPECT_TRUE(has(text, "cpu_utilization_ratio_count 1"));
}

TEST_F(Burst, TheRunQueueDoesNotCountTheSampler) {
  cpu(100, 100, 0, 1);
  sample();
  cpu(100, 110, 0, 6);
  sample();
  const auto text = page();
  EXPECT_TRUE(has(text, "run_queue_tasks_bucket{le=\"0\"} 1"));
  EXPECT_TRUE(has(text, "run_queue_tasks_bucket{le=\"4\"} 1"));
  EXPECT_TRUE(has(text, "run_queue_tasks_bucket{le=\"8\"} 2"));
  EXPECT_TRUE(has(text, "run_queue_tasks_sum 5"));
}

TEST_F(Burst, PressureIsTheShareOfTheTimePassed) {
  pressure("pressure/io", 0, 0);
  sample();
  pressure("pressure/io", 20'000, 0);  // 20 of 100 ms
  sample();
  now_ += milliseconds(100);                 // a late sample: 200 ms have passed
  pressure("pressure/io", 220'000, 50'000);  // all of them, a quarter
  sample();
  const auto text = page();
  EXPECT_TRUE(has(text, "pressure_ratio_bucket{resource=\"io\",kind=\"some\",le=\"0.25\"} 1"));
  EXPECT_TRUE(has(text, "pressure_ratio_sum{resource=\"io\",kind=\"some\"} 1.2"));
  EXPECT_TRUE(has(text, "pressure_ratio_bucket{resource=\"io\",kind=\"full\",le=\"0\"} 1"));
  EXPECT_TRUE(has(text, "pressure_ratio_sum{resource=\"io\",kind=\"full\"} 0.25"));
  EXPECT_EQ(text.find("resource=\"memory\""), std::string::npos);
}

TEST_F(Burst, DisksAreWholeAndKeepTheirCounts) {
  sample();
  write("diskstats", "   8       0 sda 25 3 100 18 28 11 505 63 40 96 82\n");
  sample();
  const auto text = page();
  EXPECT_TRUE(has(text, "disk_in_flight_requests_bucket{device=\"sda\",le=\"4\"} 1"));
  EXPECT_TRUE(has(text, "disk_in_flight_requests_bucket{device=\"sda\",le=\"64\"} 2"));
  EXPECT_TRUE(has(text, "disk_in_flight_requests_sum{device=\"sda\"} 43"));
  EXPECT_EQ(text.find("sda1"), std::string::npos);
  EXPECT_EQ(text.find("cciss"), std::string::npos);  // it is gone
}

TEST_F(Burst, MoreDisksThanTheLimitAreAProblemAndNotMoreSeries) {
  std::string all;
  for (std::size_t i = 0; i < Sampler::kMostDisks + 3; ++i) {
    const std::string name = "vd" + std::to_string(i);
    fs::create_directories(copy_.path() / "sys/block" / name);
    all += " 8 0 " + name + " 0 0 0 0 0 0 0 0 1 0 0\n";
  }
  write("diskstats", all);
  sample();
  const auto text = page();
  EXPECT_TRUE(has(text, "disk_in_flight_requests_count{device=\"vd127\"} 1"));
  EXPECT_EQ(text.find("vd128"), std::string::npos);
  ASSERT_EQ(sink_.notes().size(), 1U);
  EXPECT_EQ(sink_.notes()[0].kind, exporter::Problem::limit);
}

TEST_F(Burst, AFileThatCannotBeReadIsSaidOnceAndBreaksNoOther) {
  write("stat", "cpu  1 2 x\n");
  sample();
  const auto text = page();
  EXPECT_EQ(text.find("cpu_utilization"), std::string::npos);
  EXPECT_TRUE(has(text, "disk_in_flight_requests_count{device=\"sda\"} 1"));
  ASSERT_EQ(sink_.notes().size(), 1U);
  EXPECT_EQ(sink_.notes()[0].kind, exporter::Problem::parse);
  EXPECT_TRUE((page(), sink_.notes().empty()));
}

TEST_F(Burst, AWarmSampleAllocatesNothing) {
  sample();
  sample();
  const std::size_t before = allocations();
  sample();
  EXPECT_EQ(allocations() - before, 0U);
}

TEST(BurstCollector, WithoutAnIntervalThereIsNothing) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/burst");
  write_text(copy.path() / "flags", "");
  FixtureRun run(spec_of("burst"), copy.path());
  EXPECT_EQ(run.scrape(), exporter::Outcome::no_data);
}

TEST(BurstCollector, RefusesIntervalsThatMakeNoSense) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/burst");
  for (const char* const interval : {"1ms", "2h", "-1"}) {
    write_text(copy.path() / "flags", std::string("sampler.interval=") + interval + "\n");
    EXPECT_THROW(FixtureRun(spec_of("burst"), copy.path()), exporter::OptionError) << interval;
  }
}

TEST(BurstCollector, SamplesByItselfAndEndsAtOnce) {
  const FixtureCopy copy(fs::path(FIXTURES) / "host/burst");
  write_text(copy.path() / "flags", "sampler.interval=10ms\n");
  const auto several = [](FixtureRun& run) {
    run.scrape();
    const auto page = run.page();
    return page.find("resource_exporter_burst_samples_total 1\n") == std::string::npos &&
           page.find("resource_exporter_burst_samples_total 2\n") == std::string::npos;
  };
  {
    FixtureRun run(spec_of("burst"), copy.path());
    bool seen = false;
    for (int i = 0; i < 500 && !seen; ++i) {
      std::this_thread::sleep_for(milliseconds(10));
      seen = several(run);
    }
    EXPECT_TRUE(seen);
  }
  write_text(copy.path() / "flags", "sampler.interval=1m\n");
  const auto start = std::chrono::steady_clock::now();
  { FixtureRun run(spec_of("burst"), copy.path()); }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace tests
