#include <gtest/gtest.h>

#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::Outcome;
using exporter::Problem;

class Cpufreq : public testing::Test {
 protected:
  tests::FixtureRun run() const { return {tests::spec_of("cpufreq"), copy_.path()}; }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/cpufreq"};
  const fs::path cpus_ = copy_.path() / "sys/devices/system/cpu";
};

TEST_F(Cpufreq, AnOfflineCpuIsLeftOutUntilItIsBack) {
  auto cpus = run();
  cpus.scrape();
  EXPECT_EQ(cpus.page().find(R"(cpu="2")"), std::string::npos);
  tests::write_text(cpus_ / "offline", "\n");
  cpus.scrape();
  EXPECT_NE(cpus.page().find("node_cpu_scaling_frequency_hertz{cpu=\"2\"} 1000\n"), std::string::npos);
}

TEST_F(Cpufreq, OneGovernorIsInCharge) {
  auto cpus = run();
  cpus.scrape();
  tests::write_text(cpus_ / "cpu0/cpufreq/scaling_governor", "performance\n");
  cpus.scrape();
  EXPECT_NE(cpus.page().find("{cpu=\"0\",governor=\"performance\"} 1\n"), std::string::npos);
  EXPECT_NE(cpus.page().find("{cpu=\"0\",governor=\"powersave\"} 0\n"), std::string::npos);
}

TEST_F(Cpufreq, PresentFrequenciesAreLeftOutWhenTheTimeIsUp) {
  auto cpus = run();
  EXPECT_EQ(cpus.scrape(std::chrono::milliseconds(0)), Outcome::ok);
  EXPECT_EQ(cpus.sink().problems()[static_cast<std::size_t>(Problem::deadline)], 1U);
  EXPECT_EQ(cpus.page().find("node_cpu_scaling_frequency_hertz{"), std::string::npos);
  EXPECT_NE(cpus.page().find("node_cpu_scaling_frequency_max_hertz{"), std::string::npos);
}

TEST_F(Cpufreq, CountsWhatIsNoFrequency) {
  tests::write_text(cpus_ / "cpu1/cpufreq/scaling_cur_freq", "18446744073709551615\n");
  tests::write_text(cpus_ / "cpu0/cpufreq/scaling_cur_freq", "fast\n");
  auto cpus = run();
  EXPECT_EQ(cpus.scrape(), Outcome::ok);
  EXPECT_EQ(cpus.sink().problems()[static_cast<std::size_t>(Problem::parse)], 2U);
}

TEST_F(Cpufreq, AMachineWithoutADriverIsASuccess) {
  EXPECT_FALSE(run().collector().nothing_to_read());
  fs::remove_all(cpus_ / "cpu0/cpufreq");
  fs::create_directories(cpus_ / "cpufreq");
  EXPECT_TRUE(run().collector().nothing_to_read());
  EXPECT_EQ(run().collector().outcome_of_nothing(), Outcome::ok);
  fs::create_directories(cpus_ / "cpufreq/policy1");
  EXPECT_FALSE(run().collector().nothing_to_read());
}

}  // namespace
