#include "exporter/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <list>
#include <memory>

#include "collectors/all.h"
#include "exporter/arguments.h"
#include "exporter/program_settings.h"
#include "exporter/version.h"

namespace exporter {
namespace {

// The help of hidden options that are accepted for the originals' sake only.
constexpr std::string_view kNoEffect = "No effect";

constexpr OptionDesc kProgramOptions[] = {
    {"web.listen-address", OptionType::list, ":9100",
     "Address to listen on: HOST:PORT, :PORT or unix:/PATH[?mode=0660&group=GROUP]; repeatable. MODULE=ADDRESS serves "
     "one module there (node, container, postgres, redis, merge), as in postgres=:9187"},
    {"web.systemd-socket", OptionType::flag, "false",
     "Listen on the sockets that systemd passes instead; one whose FileDescriptorName= is a module serves this module"},
    {"web.telemetry-path", OptionType::text, "/metrics", "Path of the metrics; a module's own are below it"},
    {"web.external-url", OptionType::text, "",
     "Address at which others reach this port, as http://host/monitor/: everything is served below its path as well"},
    {"web.page", OptionType::flag, "true", "Live page at /; without it a list of links"},
    {"web.config.file", OptionType::text, "",
     "File with TLS, passwords, headers and a rate limit for this port, as exporters of Prometheus have it; read again "
     "when it changes"},
    {"web.openmetrics", OptionType::flag, "false",
     "Answer with OpenMetrics whoever accepts it no less than text, as Prometheus does; without it only whoever "
     "accepts "
     "nothing else"},
    {"web.max-requests", OptionType::integer, "40", "Scrapes answered at a time; more get 503. 0: no limit"},
    {"web.max-probes", OptionType::integer, "40",
     "Requests of /probe and /scrape answered at a time; more get 503. 0: no limit"},
    {"probe.max-servers", OptionType::integer, "100",
     "Probed servers whose connections are kept; beyond, who was not asked for the longest goes"},
    {"probe.keep", OptionType::seconds, "5m",
     "How long the connection of a probed server is kept after its last probe"},
    {"web.enable-lifecycle", OptionType::flag, "false",
     "Let POST /-/reload read files of queries again, as SIGHUP does"},
    {"scrape.timeout-offset", OptionType::seconds, "500ms",
     "Kept back from the scraper's timeout (X-Prometheus-Scrape-Timeout-Seconds) to make and send the page"},
    {"path.procfs", OptionType::text, "/proc", "Where procfs is mounted"},
    {"path.sysfs", OptionType::text, "/sys", "Where sysfs is mounted"},
    {"path.rootfs", OptionType::text, "/", "Where the root file system is mounted"},
    {"path.udev.data", OptionType::text, "/run/udev/data", "Where udev keeps what it knows of devices"},
    {"web.disable-exporter-metrics", OptionType::flag, "false",
     "Leave out the process_* metrics of the exporter itself"},
    {.name = "runtime.gomaxprocs",
     .type = OptionType::integer,
     .default_value = "1",
     .help = kNoEffect,
     .hidden = true,
     .notice = "there is no Go runtime here: it has no effect"},
    {.name = "include-go-runtime-metrics",
     .type = OptionType::flag,
     .default_value = "false",
     .help = kNoEffect,
     .hidden = true,
     .notice = "there is no Go runtime here: it has no effect"},
    {"collector.disable-defaults", OptionType::flag, "false", "Start with no collector but those named by a flag"},
    {"log.level", OptionType::text, "info", "Least level that is logged: debug, info, warn or error"},
    {"log.format", OptionType::text, "logfmt", "Form of the log: logfmt or json"},
};

// One row of the whole table.
struct Row {
  OptionDesc desc;
  std::string group;
  // redis_exporter and cAdvisor take options as Go's flag package does, where the last one counts and --x=false is how
  // to switch off; those of node_exporter and postgres_exporter are given once, and switches without a value.
  bool last_counts;
  std::vector<std::string> given;  // filled by CLI11
  int flag_count = 0;
};

std::string variable_of(std::string_view name) {
  std::string result = "RESOURCE_EXPORTER_";
  for (const char c : name) {
    result += c == '.' || c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return result;
}

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

class Table {
 public:
  Table() {
    for (const auto& desc : kProgramOptions) {
      add(desc, desc.name.starts_with("path.") || desc.name.starts_with("collector.") ? "General" : "Program",
          desc.name == "include-go-runtime-metrics");
    }
    for (std::size_t i = 0; i < kModules; ++i) {
      add_module(static_cast<Module>(i));
    }
  }

  std::vector<std::unique_ptr<Row>>& rows() { return rows_; }

  void declare(Options& options) const {
    for (const auto& row : rows_) {
      options.declare(row->desc);
    }
  }

  void set_switches(CommandLine& result) const {
    std::vector<const OptionDesc*> lists;
    for (const auto& row : rows_) {
      if (row->desc.switches != nullptr) {
        lists.push_back(&row->desc);
      }
    }
    for (auto& [option, word] : exporter::set_switches(lists, result.options)) {
      result.notices.emplace_back(option, "no such word: " + word);
    }
  }

 private:
  void add_module(Module module) {
    const std::string group = "Module " + std::string(to_text(module));
    const bool last_counts = module == Module::redis || module == Module::container;
    for (const auto* target : all_target_specs()) {
      for (const auto& desc : target->module == module ? target->options : std::span<const OptionDesc>{}) {
        add(desc, group, last_counts);
      }
    }
    for (const auto& listed : all_collectors()) {
      const CollectorSpec& spec = *listed.spec;
      if (spec.module != module) {
        continue;
      }
      names_.push_back("collector." + std::string(spec.name));
      help_.push_back(std::string(spec.summary) + (spec.on_by_default ? " (on)" : " (off)"));
      // Owned here, as the desc only views its texts.
      add({names_.back(), OptionType::flag, spec.on_by_default ? "true" : "false", help_.back()}, group, last_counts);
      for (const auto& desc : spec.options) {
        add(desc, group, last_counts);
      }
    }
  }

  void add(const OptionDesc& desc, std::string group, bool last_counts) {
    rows_.push_back(std::make_unique<Row>(Row{desc, std::move(group), last_counts, {}, 0}));
  }

  std::vector<std::unique_ptr<Row>> rows_;
  std::list<std::string> names_;
  std::list<std::string> help_;
};

std::string help_of(const OptionDesc& desc) {
  std::string text(desc.help);
  if (desc.type != OptionType::flag && !desc.default_value.empty()) {
    text.append(" [").append(desc.default_value).append("]");
  }
  if (!desc.environment.empty()) {
    text.append(" (environment ").append(desc.environment).append(")");
  }
  return text;
}

// "--[no-]x" for a flag instead of both of its names.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_name(const CLI::Option* option, bool positional) const override {
    const auto& names = option->get_lnames();
    if (!positional && !option->get_fnames().empty() && !names.empty()) {
      return "--[no-]" + names.front();
    }
    return Formatter::make_option_name(option, positional);
  }
};

void add_to(CLI::App& app, Row& row) {
  const std::string name(row.desc.name);
  CLI::Option* option = nullptr;
  if (row.desc.type == OptionType::flag) {
    option = app.add_flag("--" + name + ",!--no-" + name, row.flag_count, help_of(row.desc));
    if (row.last_counts) {
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
  } else {
    option = app.add_option("--" + name, row.given, help_of(row.desc));
    option->expected(1);
    option->multi_option_policy(row.desc.type == OptionType::list ? CLI::MultiOptionPolicy::TakeAll
                                : row.last_counts                 ? CLI::MultiOptionPolicy::TakeLast
                                                                  : CLI::MultiOptionPolicy::Throw);
    option->type_name(row.desc.type == OptionType::seconds ? "TIME" : "VALUE");
    option->allow_extra_args(false);
  }
  option->group(row.desc.hidden ? "" : row.group);
}

ArgumentRules rules_of(Table& table) {
  ArgumentRules rules{{"help", "version"}, {}};
  for (const auto& row : table.rows()) {
    if (row->desc.type != OptionType::flag) {
      rules.valued.emplace(row->desc.name);
    } else if (!row->last_counts) {
      rules.switches.emplace(row->desc.name);
    }
  }
  return rules;
}

void set_values(Table& table, Options& options) {
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
  Table table;
  table.declare(result.options);
  CLI::App app(
      "resource_exporter: host, containers, PostgreSQL and Redis for Prometheus on one scrape port.\n"
      "Every option is also an environment variable: --log.level is RESOURCE_EXPORTER_LOG_LEVEL.",
      "resource_exporter");
  app.set_help_flag("-h,--help", "Print this and exit");
  bool version = false;
  app.add_flag("--version", version, "Print the version and exit");
  app.formatter(std::make_shared<HelpFormatter>());
  app.get_formatter()->column_width(46);
  for (auto& row : table.rows()) {
    if (!row->desc.environment_only) {
      add_to(app, *row);
    }
  }
  result.action = CommandLine::Action::exit;
  try {
    auto words = read_arguments(argc, argv, rules_of(table));
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    app.parse(std::move(words));
    if (version) {
      result.output =
          "resource_exporter, version " RESOURCE_EXPORTER_VERSION " (revision " RESOURCE_EXPORTER_REVISION ")\n";
      return result;
    }
    set_values(table, result.options);
    table.set_switches(result);
    settle(result.options);
    result.enabled = chosen_collectors(result.options);
    for (const auto& row : table.rows()) {
      if (!row->desc.notice.empty() && result.options.given(row->desc.name)) {
        result.notices.emplace_back(row->desc.name, row->desc.notice);
      }
    }
    result.action = CommandLine::Action::run;
  } catch (const CLI::CallForHelp&) {
    result.output = app.help();
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    result.output = "resource_exporter: " + text + "; try --help\n";
    result.exit_status = 1;
  } catch (const OptionError& error) {
    result.output = "resource_exporter: " + std::string(error.what()) + "; try --help\n";
    result.exit_status = 1;
  }
  return result;
}

}  // namespace exporter
