#include "exporter/options.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "exporter/command_line.h"
#include "exporter/program_settings.h"

namespace exporter {
namespace {

CommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "resource_exporter");
  return read_command_line(static_cast<int>(words.size()), words.data());
}

TEST(Duration, ReadsGoTextAndPlainSeconds) {
  double seconds = 0;
  ASSERT_TRUE(parse_duration("1m30s", seconds));
  EXPECT_EQ(seconds, 90);
  ASSERT_TRUE(parse_duration("250ms", seconds));
  EXPECT_EQ(seconds, 0.25);
  ASSERT_TRUE(parse_duration("1.5h", seconds));
  EXPECT_EQ(seconds, 5400);
  ASSERT_TRUE(parse_duration("15", seconds));
  EXPECT_EQ(seconds, 15);
  for (const char* wrong : {"", "x", "5x", "-1s", "1s2", "ms", "1e400"}) {
    EXPECT_FALSE(parse_duration(wrong, seconds)) << wrong;
  }
}

TEST(CommandLine, SaysWhatIsWrongInOneLine) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> cases{
      {{"--bogus"}, "--bogus"},
      {{"--log.level=loud"}, "one of debug,info,warn,error, not 'loud'"},
      {{"--web.max-requests=many"}, "a whole number"},
      {{"--web.max-requests=-1"}, "0 (no limit)"},
      {{"--web.max-probes=-1"}, "--web.max-probes: expected 0 (no limit)"},
      {{"--probe.max-servers=0"}, "1 to 10000"},
      {{"--scrape.timeout-offset=soon"}, "500ms"},
      {{"--web.telemetry-path=metrics"}, "'/'"},
      {{"--web.external-url=host/x"}, "http://"},
      {{"--web.external-url=http://host/x?y"}, "'?'"},
      {{"--log.level=info", "--log.level=warn"}, "log.level"},
  };
  for (const auto& [words, expected] : cases) {
    const auto result = parse(words);
    EXPECT_EQ(result.action, CommandLine::Action::exit);
    EXPECT_EQ(result.exit_status, 2);
    EXPECT_NE(result.output.find(expected), std::string::npos) << result.output;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
  }
}

TEST(CommandLine, SwitchesCollectors) {
  const auto named = [](const CommandLine& line, std::string_view name) {
    return std::any_of(line.enabled.begin(), line.enabled.end(),
                       [&](const CollectorSpec* spec) { return spec->name == name; });
  };
  EXPECT_TRUE(named(parse({}), "loadavg"));
  EXPECT_FALSE(named(parse({"--no-collector.loadavg"}), "loadavg"));
  EXPECT_TRUE(parse({"--collector.disable-defaults"}).enabled.empty());
  const auto only = parse({"--collector.disable-defaults", "--collector.loadavg"});
  ASSERT_EQ(only.enabled.size(), 1U);
  EXPECT_EQ(only.enabled[0]->name, "loadavg");
  const auto modules = [](const CommandLine& line) {
    std::set<std::string_view> names;
    for (const auto* spec : line.enabled) {
      names.insert(to_text(spec->module));
    }
    return names;
  };
  using Names = std::set<std::string_view>;
  EXPECT_EQ(modules(parse({})), (Names{"node", "container", "postgres", "redis"}));
  EXPECT_EQ(modules(parse({"--no-module.container"})), (Names{"node", "postgres", "redis"}));
  const auto alone =
      parse({"--no-module.node", "--no-module.container", "--no-module.postgres", "--collector.loadavg"});
  EXPECT_EQ(modules(alone), (Names{"node", "redis"}));
  EXPECT_EQ(alone.enabled[0]->name, "loadavg");
  // One that an option of its own switches on.
  EXPECT_FALSE(named(parse({}), "burst"));
  EXPECT_TRUE(named(parse({"--sampler.interval=100ms"}), "burst"));
  EXPECT_TRUE(named(parse({"--collector.disable-defaults", "--sampler.interval=1s"}), "burst"));
  EXPECT_FALSE(named(parse({"--sampler.interval=0"}), "burst"));
  EXPECT_FALSE(named(parse({"--sampler.interval=1s", "--no-collector.burst"}), "burst"));
  EXPECT_FALSE(named(parse({"--redis.top-slots=0"}), "redis.slot_stats"));
  EXPECT_TRUE(named(parse({"--redis.top-slots=5"}), "redis.slot_stats"));
  EXPECT_FALSE(named(parse({}), "redis.queues"));
  EXPECT_TRUE(named(parse({"--redis.queues=rq"}), "redis.queues"));
  // Several that a flag of one of them switches on.
  EXPECT_FALSE(named(parse({}), "legacy_database"));
  EXPECT_TRUE(named(parse({"--postgres.legacy-names"}), "legacy_database"));
  EXPECT_TRUE(named(parse({"--postgres.legacy-names"}), "legacy_server"));
  EXPECT_FALSE(named(parse({"--postgres.legacy-names", "--no-collector.legacy_server"}), "legacy_server"));
}

// Order decides which of two equal series stays: a user's textfile gives way to everything else.
TEST(CommandLine, KeepsTheOrderOfTheList) {
  const auto line = parse({});
  ASSERT_FALSE(line.enabled.empty());
  EXPECT_EQ(line.enabled.front()->name, "cpu");
  EXPECT_EQ(line.enabled.back()->name, "textfile");
}

TEST(CommandLine, TakesOneDashAndRepeatedLists) {
  const auto line = parse({"-log.level=debug", "--web.listen-address=:1", "--web.listen-address", ":2"});
  EXPECT_EQ(log_level(line.options), LogLevel::debug);
  const auto addresses = line.options.list("web.listen-address");
  ASSERT_EQ(addresses.size(), 2U);
  EXPECT_EQ(addresses[0], ":1");
  EXPECT_EQ(addresses[1], ":2");
}

TEST(CommandLine, ReadsTheEnvironmentBelowTheFlags) {
  ::setenv("RESOURCE_EXPORTER_LOG_LEVEL", "warn", 1);
  EXPECT_EQ(log_level(parse({}).options), LogLevel::warn);
  EXPECT_EQ(log_level(parse({"--log.level=error"}).options), LogLevel::error);
  ::unsetenv("RESOURCE_EXPORTER_LOG_LEVEL");
}

TEST(CommandLine, TakesRedisExportersSettingsOfTheLog) {
  EXPECT_EQ(log_level(parse({"-debug"}).options), LogLevel::debug);
  EXPECT_EQ(log_level(parse({"-debug=false"}).options), LogLevel::info);
  EXPECT_EQ(log_level(parse({"-log-level", "WARNING"}).options), LogLevel::warn);
  EXPECT_EQ(log_level(parse({"-log-level=ERROR"}).options), LogLevel::error);
  EXPECT_EQ(log_level(parse({"-log-level=loud"}).options), LogLevel::info);
  EXPECT_EQ(log_level(parse({"-log-level=ERROR", "--log.level=warn"}).options), LogLevel::warn);
  EXPECT_EQ(log_format(parse({"-log-format=json"}).options), LogFormat::json);
  EXPECT_EQ(log_format(parse({"-log-format=txt"}).options), LogFormat::logfmt);
}

TEST(CommandLine, HelpAndVersionEndWell) {
  const auto help = parse({"--help"});
  EXPECT_EQ(help.exit_status, 0);
  for (const char* part : {"Module node:", "--[no-]collector.loadavg", "--web.listen-address", "[:9100]"}) {
    EXPECT_NE(help.output.find(part), std::string::npos) << part;
  }
  const auto version = parse({"--version"});
  EXPECT_EQ(version.exit_status, 0);
  EXPECT_TRUE(version.output.starts_with("resource_exporter, version "));
}

}  // namespace
}  // namespace exporter
