#include "exporter/help.h"

#include <gtest/gtest.h>

#include "exporter/paragraph.h"
#include "platform/text.h"

namespace exporter {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Help, FitsIn80Columns) {
  const std::string help = help_text(OptionTable());
  for (std::string_view rest = help; !rest.empty();) {
    const auto line = platform::take(rest, '\n');
    EXPECT_LE(columns(line), 80U) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(Help, ShowsEveryOptionButHiddenOnes) {
  const OptionTable table;
  const std::string help = help_text(table);
  const std::string manual = manual_page(table);
  std::string completion = bash_completion(table);
  completion.resize(completion.find("\n  if [[ $cur == '='"));  // the lists of options
  for (const auto& row : table.rows()) {
    const std::string name(row->desc.name);
    const bool flag = row->desc.type == OptionType::flag;
    const std::string line = "\n  " + std::string(row->desc.environment_only ? "" : flag ? "--[no-]" : "--") + name;
    bool found = false;
    for (const char* const end : {"\n", " ", "="}) {
      found = found || has(help, line + end);
    }
    EXPECT_EQ(found, !row->desc.hidden) << name;
    if (row->desc.environment_only) {
      continue;
    }
    std::string escaped;
    for (const char c : name) {
      escaped.append(c == '-' ? "\\" : "").append(1, c);
    }
    EXPECT_EQ(has(manual, ".TP\n\\fB\\-\\-" + escaped + "\\fR"), !row->desc.hidden) << name;
    EXPECT_EQ(
        has(completion, " " + name + " ") || has(completion, "'" + name + " ") || has(completion, " " + name + "'"),
        !row->desc.hidden)
        << name;
  }
}

TEST(Help, HangsTheTextOfAnOption) {
  const std::string help = help_text(OptionTable());
  EXPECT_TRUE(has(help,
                  "\n  --log.level=debug|info|warn|error\n"
                  "                              Least level that is logged [info]\n"
                  "  --log.format=logfmt|json    Form of the log [logfmt]\n"))
      << help;
  EXPECT_TRUE(has(help,
                  "\n  --probe.keep=TIME           How long the connection of a probed server is kept\n"
                  "                              after its last probe [5m]\n"));
  EXPECT_TRUE(has(help, "\n  DATA_SOURCE_URI_FILE (environment)\n"));
  EXPECT_TRUE(has(help, "\n       resource_exporter acl redis|postgres|systemd [OPTION]...\n"));
}

TEST(Help, GroupsByModuleOnce) {
  const std::string help = help_text(OptionTable());
  std::size_t at = 0;
  for (const char* const group : {"\nProgram:\n", "\nGeneral:\n", "\nModule node:\n", "\nModule container:\n",
                                  "\nModule postgres:\n", "\nModule redis:\n"}) {
    const auto found = help.find(group, at);
    ASSERT_NE(found, std::string::npos) << group;
    EXPECT_EQ(help.find(group, found + 1), std::string::npos) << group;
    at = found;
  }
}

TEST(Manual, EscapesWhatRoffWouldTakeForItself) {
  const std::string manual = manual_page(OptionTable());
  EXPECT_TRUE(manual.starts_with(".TH RESOURCE_EXPORTER 8 ")) << manual.substr(0, 80);
  EXPECT_TRUE(has(manual, "nvme\\ed+n\\ed+p"));  // a default that is a regular expression
  for (std::string_view rest = manual; !rest.empty();) {
    const auto line = platform::take(rest, '\n');
    EXPECT_FALSE(line.starts_with('\'')) << line;
    EXPECT_FALSE(line.empty());
    if (line.starts_with('.')) {
      EXPECT_NE(std::string_view("ABDEFHILNPRSTadefhinl").find(line.substr(1, 1)), std::string_view::npos) << line;
    }
  }
}

}  // namespace
}  // namespace exporter
