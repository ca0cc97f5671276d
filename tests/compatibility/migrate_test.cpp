// Holds `resource_exporter migrate` against the flags of the exporters that it replaces: what it makes of each is taken
// by our own parser. migrate_flags.tsv: exporter, flag, value, what becomes of it.
#include <gtest/gtest.h>

#include <filesystem>
#include <tuple>

#include "exporter/help.h"
#include "exporter/migrate_words.h"
#include "exporter/options.h"
#include "platform/text.h"
#include "tests/support/fixture.h"
#include "tests/support/migrate_run.h"

namespace tests {
namespace {

using exporter::migrate::Plan;

struct Row {
  std::string program, flag, value, becomes;
};

std::vector<Row> flags() {
  const std::string text = read_text(std::filesystem::path(SOURCE_DIR) / "tests/compatibility/migrate_flags.tsv");
  std::vector<Row> rows;
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = platform::take(rest, '\n');
    if (!line.starts_with('#')) {
      Row row;
      for (auto* const cell : {&row.program, &row.flag, &row.value, &row.becomes}) {
        *cell = platform::take(line, '\t');
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::size_t remarks_on(const std::vector<exporter::migrate::Remark>& remarks, const std::string& flag) {
  std::size_t count = 0;
  for (const auto& remark : remarks) {
    count += remark.option == flag ? 1 : 0;
  }
  return count;
}

bool says(const OptionsFile& file, const exporter::CommandLine& line, std::string name) {
  if (name.starts_with("no-")) {
    name = name.substr(3);
    EXPECT_FALSE(line.options.flag(name));
  }
  return line.options.declared(name) ? line.options.given(name) : file.value(name) != "(not set)";
}

TEST(MigrateCompatibility, TheTableIsThere) { EXPECT_GT(flags().size(), 370U); }

// By exporter, and by the ways to write a value: a part each, since every flag is a command line read anew.
class EveryFlag : public testing::TestWithParam<std::tuple<const char*, char>> {};

TEST_P(EveryFlag, BecomesWhatOurParserTakes) {
  const auto [program, between] = GetParam();
  for (const auto& row : flags()) {
    if (row.program != program) {
      continue;
    }
    const std::string text = row.program + (between == '=' ? " --" : " -") + row.flag +
                             (row.value.empty() ? "" : between + exporter::migrate::quote_word(row.value));
    SCOPED_TRACE(text);
    const Plan plan = plan_of("-", text);
    ASSERT_EQ(plan.programs.size(), 1U);
    const auto file = read_options_file(options_file(plan, true));
    const auto line = parse_options_file(file);
    EXPECT_EQ(line.action, exporter::CommandLine::Action::run) << line.output;
    for (const auto& [name, notice] : line.notices) {
      ADD_FAILURE() << name << ": " << notice;
    }
    const bool told = row.becomes == "none";
    const bool implied = row.becomes == "implied";
    EXPECT_EQ(remarks_on(plan.to_do, row.flag), told ? 1U : 0U);
    EXPECT_EQ(remarks_on(plan.left_out, row.flag), implied ? 1U : 0U);
    if (row.becomes == "listen") {
      EXPECT_NE(plan.listen.at(0).find(row.value), std::string::npos) << plan.listen[0];
    } else if (!told && !implied) {
      EXPECT_TRUE(says(file, line, row.becomes.empty() ? row.flag : row.becomes));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(MigrateCompatibility, EveryFlag,
                         testing::Combine(testing::Values("node_exporter", "cadvisor", "postgres_exporter",
                                                          "redis_exporter", "pgbouncer_exporter"),
                                          testing::Values('=', ' ')),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param)) +
                                  (std::get<1>(info.param) == '=' ? "_joined" : "_apart");
                         });

TEST(MigrateCompatibility, SwitchesAreSwitchedOffAsEachExporterDoes) {
  for (const auto& row : flags()) {
    if (!row.value.empty() || !row.becomes.empty()) {
      continue;
    }
    const bool go = row.program == "redis_exporter" || row.program == "cadvisor";
    const std::string text = row.program + (go ? " -" + row.flag + "=false" : " --no-" + row.flag);
    SCOPED_TRACE(text);
    const auto file = read_options_file(options_file(plan_of("-", text), true));
    const auto line = parse_options_file(file);
    EXPECT_EQ(line.action, exporter::CommandLine::Action::run) << line.output;
    EXPECT_TRUE(line.options.given(row.flag));
    EXPECT_FALSE(line.options.flag(row.flag));
  }
}

// All flags of an exporter at once, but for those that exclude each other, are one command line.
TEST(MigrateCompatibility, AllFlagsTogetherAreTaken) {
  for (const std::string program : {"node_exporter", "cadvisor", "postgres_exporter", "redis_exporter"}) {
    std::string text = program;
    for (const auto& row : flags()) {
      if (row.program == program && row.flag != "collectors.enabled") {
        text.append(" --" + row.flag + (row.value.empty() ? "" : "=" + exporter::migrate::quote_word(row.value)));
      }
    }
    const auto line = parse_options_file(read_options_file(options_file(plan_of("-", text), true)));
    EXPECT_EQ(line.action, exporter::CommandLine::Action::run) << program << ": " << line.output;
  }
}

// The variables of redis_exporter and postgres_exporter for their flags.
TEST(MigrateCompatibility, VariablesAreTakenAsFlagsAre) {
  for (const auto& row : flags()) {
    const std::string prefix = row.program == "redis_exporter"      ? "REDIS_EXPORTER_"
                               : row.program == "postgres_exporter" ? "PG_EXPORTER_"
                                                                    : "";
    const bool known = row.becomes == "none" || row.becomes == "listen" || row.flag.starts_with("check-") ||
                       row.becomes == "no-collector.settings";
    if (prefix.empty() || !known || row.flag.starts_with("redis.") || row.flag == "check-search-indexes") {
      continue;
    }
    const std::string name = prefix + exporter::variable_of(row.flag).substr(sizeof "RESOURCE_EXPORTER_" - 1);
    SCOPED_TRACE(name);
    exporter::migrate::Program program;
    program.original =
        prefix == "PG_EXPORTER_" ? exporter::migrate::Original::postgres : exporter::migrate::Original::redis;
    program.where = "pid 7";
    program.variables = {{name, row.value.empty() ? "true" : row.value}};
    const Plan plan = exporter::migrate::make_plan({program});
    const auto file = read_options_file(options_file(plan, true));
    const auto line = parse_options_file(file);
    EXPECT_EQ(line.action, exporter::CommandLine::Action::run) << line.output;
    if (row.becomes == "none") {
      EXPECT_EQ(remarks_on(plan.to_do, name), 1U);
    } else if (row.becomes == "listen") {
      EXPECT_NE(plan.listen.at(0).find(row.value), std::string::npos);
    } else {
      EXPECT_TRUE(says(file, line, row.becomes.empty() ? row.flag : row.becomes));
    }
  }
}

}  // namespace
}  // namespace tests
