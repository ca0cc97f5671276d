#include <gtest/gtest.h>

#include "collectors/host/hwmon_names.h"
#include "tests/support/fixture.h"

namespace {

namespace fs = std::filesystem;
using exporter::MetricType;
using exporter::Outcome;
using exporter::Problem;
using exporter::host::clean_hwmon_name;
using exporter::host::hwmon_metric;
using exporter::host::split_hwmon_attribute;

class Hwmon : public testing::Test {
 protected:
  tests::FixtureRun run(std::string_view flags = {}) const {
    tests::write_text(copy_.path() / "flags", flags);
    return {tests::spec_of("hwmon"), copy_.path()};
  }
  static bool has(const std::string& page, std::string_view line) {
    return ("\n" + page).find("\n" + std::string(line) + "\n") != std::string::npos;
  }
  static std::size_t problems(tests::FixtureRun& run, Problem kind) {
    return run.sink().problems()[static_cast<std::size_t>(kind)];
  }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/hwmon"};
  const fs::path class_ = copy_.path() / "sys/class/hwmon";
};

TEST_F(Hwmon, ChipsAreFilteredByTheLabelTheyAreShownWith) {
  auto only = run("collector.hwmon.chip-include=^platform_board_hwmon3$\n");
  EXPECT_EQ(only.scrape(), Outcome::ok);
  EXPECT_TRUE(has(only.page(), R"(node_hwmon_in_volts{chip="platform_board_hwmon3",sensor="in0"} 3.312)"));
  EXPECT_EQ(only.page().find("platform_board_hwmon2"), std::string::npos);
}

TEST_F(Hwmon, IncludeAndExcludeMayBothBeGiven) {
  auto both = run("collector.hwmon.chip-include=board\ncollector.hwmon.chip-exclude=fans\n");
  EXPECT_EQ(both.scrape(), Outcome::ok);
  EXPECT_NE(both.page().find("platform_board_hwmon2"), std::string::npos);
  EXPECT_EQ(both.page().find("platform_board_fans"), std::string::npos);
  EXPECT_EQ(both.page().find("coretemp"), std::string::npos);
}

TEST_F(Hwmon, SensorsAreFilteredWithTheirChip) {
  auto some = run("collector.hwmon.sensor-exclude=^big_gpu;(freq|temp)|coretemp_0;temp1$\n");
  EXPECT_EQ(some.scrape(), Outcome::ok);
  EXPECT_EQ(some.page().find("freq"), std::string::npos);
  EXPECT_EQ(some.page().find("Core 0"), std::string::npos);
  EXPECT_TRUE(has(some.page(), R"(node_hwmon_chip_names{chip="platform_coretemp_0",chip_name="coretemp"} 1)"));
  EXPECT_TRUE(has(some.page(), R"(node_hwmon_temp_celsius{chip="hwmon6",sensor="temp1"} -4.25)"));
}

TEST_F(Hwmon, SeesAttributesAndChipsComeAndGo) {
  auto chips = run();
  chips.scrape();
  tests::write_text(class_ / "hwmon6/temp2_input", "1000\n");
  fs::remove(class_ / "hwmon6/temp1_input");
  fs::remove(class_ / "hwmon3");
  chips.scrape();
  const auto page = chips.page();
  EXPECT_TRUE(has(page, R"(node_hwmon_temp_celsius{chip="hwmon6",sensor="temp2"} 1)"));
  EXPECT_EQ(page.find(R"(chip="hwmon6",sensor="temp1")"), std::string::npos);
  // No longer in need of its folder's name.
  EXPECT_TRUE(has(page, R"(node_hwmon_in_volts{chip="platform_board_rail",sensor="in0"} 1.016)"));
  EXPECT_EQ(page.find("platform_board_hwmon"), std::string::npos);
}

TEST_F(Hwmon, FollowsALabelThatChanges) {
  auto chips = run();
  chips.scrape();
  tests::write_text(class_ / "hwmon5/freq1_label", "Shader\n");
  chips.scrape();
  const auto page = chips.page();
  EXPECT_TRUE(has(page, R"(node_hwmon_sensor_label{chip="big_gpu",sensor="freq1",label="Shader"} 1)"));
  EXPECT_TRUE(has(page, R"(node_hwmon_freq_freq_mhz{chip="big_gpu",sensor="shader"} 300)"));
  EXPECT_TRUE(has(page, R"(node_hwmon_freq_freq_mhz{chip="big_gpu",sensor="core_clock"} 9)"));
}

TEST_F(Hwmon, StopsWithWhatThereIsWhenTheTimeIsUp) {
  auto chips = run();
  EXPECT_EQ(chips.scrape(std::chrono::milliseconds(0)), Outcome::ok);
  EXPECT_EQ(problems(chips, Problem::deadline), 1U);
  EXPECT_EQ(chips.page().find("celsius"), std::string::npos);
  EXPECT_EQ(chips.scrape(), Outcome::ok);
  EXPECT_EQ(problems(chips, Problem::deadline), 0U);
  EXPECT_NE(chips.page().find("celsius"), std::string::npos);
}

TEST_F(Hwmon, AnEmptyClassIsASuccessAndAMissingOneIsNoData) {
  const tests::FixtureCopy other(fs::path(FIXTURES) / "host/loadavg");
  fs::create_directories(other.path() / "sys/class");
  tests::FixtureRun missing(tests::spec_of("hwmon"), other.path());
  EXPECT_EQ(missing.scrape(), Outcome::no_data);
  EXPECT_TRUE(missing.collector().nothing_to_read());
  EXPECT_EQ(missing.collector().outcome_of_nothing(), Outcome::no_data);
  fs::create_directories(other.path() / "sys/class/hwmon");
  tests::FixtureRun empty(tests::spec_of("hwmon"), other.path());
  EXPECT_TRUE(empty.collector().nothing_to_read());
  EXPECT_EQ(empty.collector().outcome_of_nothing(), Outcome::ok);
  EXPECT_FALSE(run().collector().nothing_to_read());
}

TEST(HwmonNames, FilesAreSplitIntoTypeNumberAndProperty) {
  const auto expect = [](std::string_view file, std::string_view type, unsigned number, std::string_view property) {
    const auto got = split_hwmon_attribute(file);
    ASSERT_TRUE(got) << file;
    EXPECT_EQ(got->type, type) << file;
    EXPECT_EQ(got->number, number) << file;
    EXPECT_EQ(got->property, property) << file;
  };
  expect("temp1_crit_alarm", "temp", 1, "crit_alarm");
  expect("pwm12", "pwm", 12, "");
  expect("pwm1_auto_point2_temp", "pwm", 1, "auto_point2_temp");
  expect("beep_enable", "beep_enable", 0, "");
  expect("fan007_input", "fan", 7, "input");
  expect("in_voltage0-voltage1_raw", "in", 0, "voltage0-voltage1_raw");
  for (const auto* const file : {"", "name", "temp", "1temp", "temp1x", "temp1_", "in_voltage0_raw", "bogus1_input",
                                 "temp99999999999_input", "_1", "subsystem"}) {
    const auto got = split_hwmon_attribute(file);
    EXPECT_EQ(got.has_value(), std::string_view(file) == "temp") << file;
  }
}

TEST(HwmonNames, TypesAndPropertiesGiveNamesAndUnits) {
  const auto expect = [](std::string_view file, std::string_view name, double scale, bool bare = false,
                         MetricType type = MetricType::gauge) {
    const auto metric = hwmon_metric(*split_hwmon_attribute(file), bare);
    EXPECT_EQ(metric.name, name) << file;
    EXPECT_EQ(metric.scale, scale) << file;
    EXPECT_EQ(metric.type, type) << file;
  };
  expect("in1_lcrit_alarm", "node_hwmon_in_lcrit_alarm_volts", 1e-3);
  expect("cpu0_vid", "node_hwmon_cpu_vid_volts", 1e-3);
  expect("temp1_input", "node_hwmon_temp_celsius", 1e-3);
  expect("temp1_type", "node_hwmon_temp_type", 1);
  expect("temp1_beep", "node_hwmon_temp_beep_enabled", 1);
  expect("curr1_input", "node_hwmon_curr_amps", 1e-3);
  expect("energy1_input", "node_hwmon_energy_joule_total", 1e-6, false, MetricType::counter);
  expect("power1_accuracy", "node_hwmon_power_accuracy", 1e-6);
  expect("power1_average_interval_max", "node_hwmon_power_average_interval_max_seconds", 1e-3);
  expect("power1_cap", "node_hwmon_power_cap_watt", 1e-6);
  expect("power1_alarm", "node_hwmon_power_alarm", 1);
  expect("humidity1_input", "node_hwmon_humidity", 1e-6);
  expect("fan1_target", "node_hwmon_fan_target_rpm", 1);
  expect("fan1_div", "node_hwmon_fan_div", 1);
  expect("fan1_input", "node_hwmon_fan_input_rpm", 1, true);
  expect("freq1_input", "node_hwmon_freq_freq_mhz", 1e-6);
  expect("pwm1", "node_hwmon_pwm", 1, true);
  expect("vrm", "node_hwmon_voltage_regulator_version", 1, true);
  expect("update_interval", "node_hwmon_update_interval_seconds", 1e-3, true);
  expect("beep_enable", "node_hwmon_beep_enabled", 1, true);
}

TEST(HwmonNames, AreCleaned) {
  EXPECT_EQ(clean_hwmon_name("18000000.WiFi"), "18000000_wifi");
  EXPECT_EQ(clean_hwmon_name("__a b:c- "), "a_b:c");
  EXPECT_EQ(clean_hwmon_name("x\xC3\xA9y"), "x_y");
  EXPECT_EQ(clean_hwmon_name("_._"), "");
  EXPECT_EQ(clean_hwmon_name(""), "");
}

}  // namespace
