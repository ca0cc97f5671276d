#include "exporter/arguments.h"

#include <gtest/gtest.h>

#include "exporter/command_line.h"
#include "exporter/program_settings.h"
#include "tests/support/fixture.h"

namespace exporter {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const ArgumentRules kRules{{"x"}, {"path"}};

Words read(std::vector<const char*> words) {
  words.insert(words.begin(), "resource_exporter");
  return read_arguments(static_cast<int>(words.size()), words.data(), kRules);
}

CommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "resource_exporter");
  return read_command_line(static_cast<int>(words.size()), words.data());
}

class Arguments : public testing::Test {
 protected:
  std::string file(std::string_view name, std::string_view text) {
    tests::write_text(copy_.path() / name, text);
    return "@" + (copy_.path() / name).string();
  }
  const tests::FixtureCopy copy_{fs::path(FIXTURES) / "host/loadavg"};
};

TEST_F(Arguments, OneDashIsAsGoodAsTwo) {
  EXPECT_EQ(read({"-path", "-5", "-h", "--x", "-7"}), (Words{"--path", "-5", "-h", "--x", "-7"}));
}

TEST_F(Arguments, AFileStandsForItsLines) {
  const auto inner = file("inner", "--x\n");
  const auto outer = file("outer", "# what to show\n--path=a b\r\n\n" + inner + "\n-y");
  EXPECT_EQ(read({"-a", outer.c_str(), "-b"}), (Words{"-a", "--path=a b", "--x", "-y", "-b"}));
}

TEST_F(Arguments, AValueIsNoFile) {
  EXPECT_EQ(read({"--path", "@home", "--path=@home", "@"}), (Words{"--path", "@home", "--path=@home", "@"}));
}

TEST_F(Arguments, AnEmptyValueIsAValue) {
  EXPECT_EQ(read({"--path=", "--x"}), (Words{"--path", "", "--x"}));
  const auto line = parse({"--collector.diskstats.device-exclude=", "--log.level=debug"});
  ASSERT_EQ(line.action, CommandLine::Action::run) << line.output;
  EXPECT_EQ(line.options.text("collector.diskstats.device-exclude"), "");
  EXPECT_EQ(log_level(line.options), LogLevel::debug);
}

TEST_F(Arguments, AFileThatCannotBeReadOrHasNoEndIsRefused) {
  EXPECT_THROW(read({"@/nonexistent/file"}), OptionError);
  const auto endless = "@" + (copy_.path() / "endless").string();
  file("endless", endless + "\n");
  EXPECT_THROW(read({endless.c_str()}), OptionError);
}

TEST_F(Arguments, ASwitchComesOnceAndWithoutAValue) {
  for (const auto& words : std::vector<std::vector<const char*>>{
           {"--x=false"}, {"--no-x=true"}, {"--x="}, {"--x", "--x"}, {"--x", "--no-x"}, {"-x=1"}}) {
    EXPECT_THROW(read(words), OptionError) << words[0];
  }
}

TEST_F(Arguments, TheProgramHoldsToTheRules) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> wrong{
      {{"--collector.cpu=false"}, "write --collector.cpu or --no-collector.cpu"},
      {{"--collector.cpu", "--no-collector.cpu"}, "--collector.cpu: cannot be repeated"},
      {{"--collector.netstat.fields=a", "--collector.netstat.fields=b"}, "collector.netstat.fields"},
      {{"@/nonexistent/file"}, "No such file"},
      {{"stray"}, "stray"},
  };
  for (const auto& [words, expected] : wrong) {
    const auto result = parse(words);
    EXPECT_EQ(result.exit_status, 2);
    EXPECT_NE(result.output.find(expected), std::string::npos) << result.output;
    EXPECT_TRUE(result.output.ends_with("try --help\n")) << result.output;
  }
}

TEST_F(Arguments, RedisOptionsAreTakenAsItsExporterDoes) {
  const auto line = parse({"-config-command=A", "-config-command", "@B", "-set-client-name=false",
                           "-include-config-metrics=false", "-include-config-metrics"});
  ASSERT_EQ(line.action, CommandLine::Action::run) << line.output;
  EXPECT_EQ(line.options.text("config-command"), "@B");
  EXPECT_FALSE(line.options.flag("set-client-name"));
  EXPECT_TRUE(line.options.flag("include-config-metrics"));
}

TEST_F(Arguments, OptionsOfGoAreAcceptedWithANotice) {
  const auto line = parse({"--runtime.gomaxprocs=4", "-include-go-runtime-metrics=true",
                           "--collector.netdev.device-blacklist=^veth", "--web.disable-exporter-metrics"});
  ASSERT_EQ(line.action, CommandLine::Action::run) << line.output;
  std::string names;
  for (const auto& [name, notice] : line.notices) {
    names.append(name).append(": ").append(notice).append("\n");
  }
  EXPECT_EQ(names,
            "runtime.gomaxprocs: there is no Go runtime here: it has no effect\n"
            "include-go-runtime-metrics: there is no Go runtime here: it has no effect\n"
            "collector.netdev.device-blacklist: use collector.netdev.device-exclude\n");
  EXPECT_TRUE(parse({}).notices.empty());
}

}  // namespace
}  // namespace exporter
