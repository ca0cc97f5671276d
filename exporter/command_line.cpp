#include "exporter/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "exporter/arguments.h"
#include "exporter/help.h"
#include "exporter/option_table.h"
#include "exporter/program_settings.h"
#include "exporter/version.h"

namespace exporter {
namespace {

// Also the environment of the original's name. Nothing changes the environment while this reads it. Kubernetes sets
// RESOURCE_EXPORTER_PORT for a service of that name: an option without effect is not asked for.
const char* from_environment(const OptionDesc& desc) {
  if (desc.hidden && desc.help == kNoEffect) {
    return nullptr;
  }
  if (const char* const value = std::getenv(variable_of(desc.name).c_str())) {  // NOLINT(concurrency-mt-unsafe)
    return value;
  }
  const std::string_view name = desc.environment_only ? desc.name : desc.environment;
  return name.empty() ? nullptr : std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe)
}

void set_switches(const OptionTable& table, CommandLine& result) {
  std::vector<const OptionDesc*> lists;
  for (const auto& row : table.rows()) {
    if (row->desc.switches != nullptr) {
      lists.push_back(&row->desc);
    }
  }
  for (auto& [option, word] : set_switches(lists, result.options)) {
    result.notices.emplace_back(option, "no such word: " + word);
  }
}

void add_to(CLI::App& app, OptionRow& row) {
  const std::string name(row.desc.name);
  CLI::Option* option = nullptr;
  if (row.desc.type == OptionType::flag) {
    option = app.add_flag("--" + name + ",!--no-" + name, row.flag_count);
    if (row.last_counts) {
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
  } else {
    option = app.add_option("--" + name, row.given);
    option->expected(1);
    option->multi_option_policy(row.desc.type == OptionType::list ? CLI::MultiOptionPolicy::TakeAll
                                : row.last_counts                 ? CLI::MultiOptionPolicy::TakeLast
                                                                  : CLI::MultiOptionPolicy::Throw);
    option->allow_extra_args(false);
  }
}

ArgumentRules rules_of(const OptionTable& table) {
  ArgumentRules rules{{"help", "help-man", "completion-bash", "version"}, {}};
  for (const auto& row : table.rows()) {
    if (row->desc.type != OptionType::flag) {
      rules.valued.emplace(row->desc.name);
    } else if (!row->last_counts) {
      rules.switches.emplace(row->desc.name);
    }
  }
  return rules;
}

void set_values(const OptionTable& table, Options& options) {
  for (const auto& row : table.rows()) {
    if (row->flag_count != 0) {
      options.set(row->desc.name, row->flag_count > 0 ? "true" : "false");
    } else if (!row->given.empty()) {
      for (const auto& value : row->given) {
        options.set(row->desc.name, value);
      }
    } else if (const char* const value = from_environment(row->desc)) {
      options.set(row->desc.name, value);
    }
  }
}

}  // namespace

CommandLine read_command_line(int argc, const char* const* argv) {
  CommandLine result;
  const OptionTable table;
  CLI::App app;
  app.set_help_flag("-h,--help");
  bool manual = false;
  bool completion = false;
  bool version = false;
  app.add_flag("--help-man", manual);
  app.add_flag("--completion-bash", completion);
  app.add_flag("--version", version);
  for (const auto& row : table.rows()) {
    result.options.declare(row->desc);
    if (!row->desc.environment_only) {
      add_to(app, *row);
    }
  }
  result.action = CommandLine::Action::exit;
  try {
    auto words = read_arguments(argc, argv, rules_of(table));
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    app.parse(std::move(words));
    if (manual || completion || version) {
      result.output = manual       ? manual_page(table)
                      : completion ? bash_completion(table)
                                   : "resource_exporter, version " RESOURCE_EXPORTER_VERSION
                                     " (revision " RESOURCE_EXPORTER_REVISION ")\n";
      return result;
    }
    set_values(table, result.options);
    set_switches(table, result);
    settle(result.options);
    result.enabled = chosen_collectors(result.options);
    for (const auto& row : table.rows()) {
      if (!row->desc.notice.empty() && result.options.given(row->desc.name)) {
        result.notices.emplace_back(row->desc.name, row->desc.notice);
      }
    }
    result.action = CommandLine::Action::run;
  } catch (const CLI::CallForHelp&) {
    result.output = help_text(table);
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    result.output = "resource_exporter: " + text + "; try --help\n";
    result.exit_status = kWrongOptions;
  } catch (const OptionError& error) {
    result.output = "resource_exporter: " + std::string(error.what()) + "; try --help\n";
    result.exit_status = kWrongOptions;
  }
  return result;
}

}  // namespace exporter
