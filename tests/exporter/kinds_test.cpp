// cAdvisor's --disable_metrics and --enable_metrics, and its flags that have no meaning here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "collectors/container/cadvisor_flags.h"
#include "exporter/command_line.h"

namespace exporter {
namespace {

CommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "resource_exporter");
  return read_command_line(static_cast<int>(words.size()), words.data());
}

bool on(const CommandLine& line, std::string_view name) {
  return std::any_of(line.enabled.begin(), line.enabled.end(),
                     [&](const CollectorSpec* spec) { return spec->name == name; });
}

TEST(Kinds, WithoutFlagsTheyAreOnAndOffAsInCadvisor) {
  const auto line = parse({});
  for (const char* name : {"container.cpu", "container.memory", "container.network", "container.diskio",
                           "container.oom_event", "container.pressure"}) {
    EXPECT_TRUE(on(line, name)) << name;
  }
  for (const char* name :
       {"container.advtcp", "container.cpu_topology", "container.cpuset", "container.hugetlb", "container.memory_numa",
        "container.process", "container.sched", "container.tcp", "container.udp"}) {
    EXPECT_FALSE(on(line, name)) << name;
  }
  EXPECT_TRUE(line.options.flag("container.cpu.per-cpu"));
}

TEST(Kinds, WhatIsDisabledTakesThePlaceOfTheDefaults) {
  const auto line = parse({"--disable_metrics=percpu, diskIO,tcp"});
  EXPECT_FALSE(on(line, "container.diskio"));
  EXPECT_FALSE(on(line, "container.tcp"));
  EXPECT_FALSE(line.options.flag("container.cpu.per-cpu"));
  EXPECT_TRUE(on(line, "container.udp"));
  EXPECT_TRUE(on(line, "container.process"));
  EXPECT_TRUE(on(line, "container.lifecycle"));
  EXPECT_TRUE(on(line, "loadavg"));
  EXPECT_TRUE(line.notices.empty());
  EXPECT_TRUE(on(parse({"--disable_metrics="}), "container.tcp"));  // nothing is disabled
}

TEST(Kinds, WhatIsEnabledIsAllAndWins) {
  const auto line = parse({"-enable_metrics=cpu,sched", "-disable_metrics=cpu"});
  EXPECT_TRUE(on(line, "container.cpu"));
  EXPECT_TRUE(on(line, "container.sched"));
  EXPECT_FALSE(on(line, "container.memory"));
  EXPECT_FALSE(line.options.flag("container.cpu.per-cpu"));
  for (const char* always : {"container.lifecycle", "container.spec", "container.machine"}) {
    EXPECT_TRUE(on(line, always)) << always;
  }
  EXPECT_TRUE(on(parse({"--enable_metrics="}), "container.memory"));  // says nothing
}

TEST(Kinds, ACollectorsOwnFlagStands) {
  const auto line = parse({"--disable_metrics=tcp", "--collector.container.tcp", "--no-collector.container.udp"});
  EXPECT_TRUE(on(line, "container.tcp"));
  EXPECT_FALSE(on(line, "container.udp"));
}

TEST(Kinds, AnUnknownWordIsNoError) {
  const auto line = parse({"--disable_metrics=tcp,accelerator"});
  EXPECT_EQ(line.action, CommandLine::Action::run);
  ASSERT_EQ(line.notices.size(), 1U);
  EXPECT_EQ(line.notices[0].first, "disable_metrics");
  EXPECT_EQ(line.notices[0].second, "no such word: accelerator");
}

TEST(Kinds, FlagsWithoutMeaningAreNamedOnce) {
  const auto line = parse({"--housekeeping_interval=10s", "-storage_driver=influxdb", "--docker", "unix:///x.sock",
                           "-allow_dynamic_housekeeping=false", "-logtostderr", "-v=4", "--port=8080"});
  ASSERT_EQ(line.action, CommandLine::Action::run) << line.output;
  EXPECT_EQ(line.notices.size(), 7U);
  for (const auto& desc : container::kCadvisorOptions) {
    EXPECT_TRUE(!desc.hidden || !desc.notice.empty()) << desc.name;
  }
}

TEST(Kinds, WhatKubernetesSetsForAServiceIsNoOption) {
  ::setenv("RESOURCE_EXPORTER_PORT", "tcp://10.0.0.1:9100", 1);
  EXPECT_TRUE(parse({}).notices.empty());
  ::unsetenv("RESOURCE_EXPORTER_PORT");
}

TEST(Kinds, EveryKindNamesASwitch) {
  const auto line = parse({});
  for (const auto& [word, option] : container::kKinds) {
    if (!option.empty()) {
      EXPECT_NO_THROW(line.options.flag(option)) << word;
    }
  }
}

}  // namespace
}  // namespace exporter
