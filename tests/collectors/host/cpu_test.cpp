#include <gtest/gtest.h>

#include "collectors/host/cpu_sysfs.h"
#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;

class Cpu : public testing::Test {
 protected:
  tests::FixtureRun run() const { return {tests::spec_of("cpu"), copy_.path()}; }
  void stat(std::string_view text) const { tests::write_text(copy_.path() / "proc/stat", text); }
  static bool has(const std::string& page, std::string_view line) {
    return ("\n" + page).find("\n" + std::string(line) + "\n") != std::string::npos;
  }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/cpu"};
};

TEST_F(Cpu, KeepsAFieldThatFallsALittle) {
  stat("cpu0 100 0 0 5000 70 0 0 0 0 0\n");
  tests::FixtureRun cpu = run();
  cpu.scrape();
  stat("cpu0 110 0 0 4701 60 0 0 0 0 0\n");
  cpu.scrape();
  const auto page = cpu.page();
  EXPECT_TRUE(has(page, R"(node_cpu_seconds_total{cpu="0",mode="user"} 1.1)"));
  EXPECT_TRUE(has(page, R"(node_cpu_seconds_total{cpu="0",mode="idle"} 50)"));
  EXPECT_TRUE(has(page, R"(node_cpu_seconds_total{cpu="0",mode="iowait"} 0.7)"));
}

TEST_F(Cpu, StartsAnewWhenIdleFallsByThreeSeconds) {
  stat("cpu0 100 0 0 5000 70 0 0 0 0 0\n");
  tests::FixtureRun cpu = run();
  cpu.scrape();
  stat("cpu0 20 0 0 4700 60 0 0 0 0 0\n");
  cpu.scrape();
  const auto page = cpu.page();
  EXPECT_TRUE(has(page, R"(node_cpu_seconds_total{cpu="0",mode="user"} 0.2)"));
  EXPECT_TRUE(has(page, R"(node_cpu_seconds_total{cpu="0",mode="idle"} 47)"));
  EXPECT_TRUE(has(page, R"(node_cpu_seconds_total{cpu="0",mode="iowait"} 0.6)"));
}

TEST_F(Cpu, ForgetsACpuThatWentOffline) {
  tests::FixtureRun cpu = run();
  cpu.scrape();
  EXPECT_NE(cpu.page().find(R"(node_cpu_seconds_total{cpu="3")"), std::string::npos);
  stat("cpu0 1500 40 400 20100 25 3 30 5 30 1\n");
  tests::write_text(copy_.path() / "sys/devices/system/cpu/online", "0-1\n");
  cpu.scrape();
  const auto page = cpu.page();
  EXPECT_EQ(page.find(R"(node_cpu_seconds_total{cpu="3")"), std::string::npos);
  EXPECT_TRUE(has(page, R"(node_cpu_online{cpu="3"} 0)"));
  EXPECT_TRUE(has(page, R"(node_cpu_online{cpu="1"} 1)"));
}

TEST_F(Cpu, AnotherCpuSpeaksForTheCoreWhenTheFirstHasNoCounter) {
  fs::remove_all(copy_.path() / "sys/devices/system/cpu/cpu0/thermal_throttle");
  tests::FixtureRun cpu = run();
  cpu.scrape();
  const auto page = cpu.page();
  EXPECT_TRUE(has(page, R"(node_cpu_core_throttles_total{core="0",package="0"} 6)"));
  EXPECT_TRUE(has(page, R"(node_cpu_package_throttles_total{package="0"} 36)"));
}

TEST_F(Cpu, ShowsOnlyTheColumnsThatTheKernelHas) {
  stat("cpu0 1 2 3 4 x 6 7\n");
  tests::FixtureRun cpu = run();
  EXPECT_EQ(cpu.scrape(), exporter::Outcome::ok);
  EXPECT_EQ(cpu.sink().problems()[static_cast<std::size_t>(exporter::Problem::parse)], 1U);
  const auto page = cpu.page();
  EXPECT_TRUE(has(page, R"(node_cpu_seconds_total{cpu="0",mode="softirq"} 0.07)"));
  EXPECT_EQ(page.find("iowait"), std::string::npos);
  EXPECT_EQ(page.find("steal"), std::string::npos);
  EXPECT_EQ(page.find("node_cpu_guest_seconds_total"), std::string::npos);
}

TEST_F(Cpu, DescribesTheCpusOnlyWhenAskedTo) {
  tests::write_text(copy_.path() / "flags", "collector.cpu.guest=false\n");
  tests::FixtureRun cpu = run();
  cpu.scrape();
  const auto page = cpu.page();
  EXPECT_EQ(page.find("node_cpu_info"), std::string::npos);
  EXPECT_EQ(page.find("node_cpu_frequency_hertz"), std::string::npos);
  EXPECT_EQ(page.find("node_cpu_guest_seconds_total"), std::string::npos);
}

TEST_F(Cpu, ShowsTheFrequencyOnlyWhileCpufreqIsOn) {
  const auto frequency_with = [&](std::string_view flags) {
    tests::write_text(copy_.path() / "flags", flags);
    tests::FixtureRun cpu = run();
    cpu.scrape();
    EXPECT_NE(cpu.page().find("node_cpu_info"), std::string::npos);
    return has(cpu.page(), R"(node_cpu_frequency_hertz{core="0",cpu="0",package="0"} 799998000)");
  };
  EXPECT_TRUE(frequency_with("collector.cpu.info=true\n"));
  EXPECT_FALSE(frequency_with("collector.cpu.info=true\ncollector.cpufreq=false\n"));
  EXPECT_FALSE(frequency_with("collector.cpu.info=true\ncollector.disable-defaults=true\n"));
  EXPECT_TRUE(frequency_with("collector.cpu.info=true\ncollector.disable-defaults=true\ncollector.cpufreq=true\n"));
  EXPECT_FALSE(frequency_with("collector.cpu.info=true\nmodule.node=false\n"));
}

TEST_F(Cpu, ReadsTheDescriptionsOfOtherArchitectures) {
  tests::write_text(copy_.path() / "proc/cpuinfo",
                    "processor\t: 0\nFeatures\t: fp aes\n\nprocessor\t: 1\ncpu\t\t: POWER7\nclock\t\t: 3425.5MHz\n");
  tests::FixtureRun cpu = run();
  cpu.scrape();
  const auto page = cpu.page();
  EXPECT_TRUE(has(page, R"(node_cpu_flag_info{flag="aes"} 1)"));
  EXPECT_TRUE(has(page, R"(node_cpu_frequency_hertz{core="",cpu="1",package=""} 3425500000)"));
  EXPECT_NE(
      page.find(R"(cpu="1",family="",microcode="",model="",model_name="",package="",stepping="",vendor="POWER7")"),
      std::string::npos);
}

TEST(CpuList, ReadsRangesAndRefusesNonsense) {
  std::vector<std::uint32_t> cpus;
  EXPECT_TRUE(exporter::host::parse_cpu_list("0-2,5\n", cpus));
  EXPECT_EQ(cpus, (std::vector<std::uint32_t>{0, 1, 2, 5}));
  EXPECT_TRUE(exporter::host::parse_cpu_list("\n", cpus));
  EXPECT_TRUE(cpus.empty());
  EXPECT_FALSE(exporter::host::parse_cpu_list("0-4294967295", cpus));
  EXPECT_FALSE(exporter::host::parse_cpu_list("3-1", cpus));
  EXPECT_FALSE(exporter::host::parse_cpu_list("0-6:0", cpus));
  EXPECT_TRUE(exporter::host::parse_cpu_list("0-6:3,9", cpus));
  EXPECT_EQ(cpus, (std::vector<std::uint32_t>{0, 3, 6, 9}));
  EXPECT_FALSE(exporter::host::parse_cpu_list("a", cpus));
}

}  // namespace
