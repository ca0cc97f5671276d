#include "exporter/subcommands.h"

#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "collectors/all.h"
#include "exporter/command_line.h"
#include "exporter/healthcheck.h"
#include "exporter/migrate.h"
#include "exporter/once.h"
#include "exporter/service_rights.h"
#include "platform/text.h"

namespace exporter {
namespace {

constexpr std::string_view kSystemd = "systemd";

int refuse(const std::string& what) {
  std::fputs(("resource_exporter: " + what + "; try --help\n").c_str(), stderr);
  return kWrongOptions;
}

// The options behind `used` words; the exit status when they are no good, or ask for help.
std::optional<int> read_options(int argc, const char* const* argv, int used, CommandLine& line) {
  line = read_command_line(argc - used, argv + used);
  if (line.action == CommandLine::Action::run) {
    return std::nullopt;
  }
  std::fputs(line.output.c_str(), line.exit_status == 0 ? stdout : stderr);
  return line.exit_status == 0 ? 0 : kWrongOptions;
}

// Statements on stdout, so that they can be piped; what there is to say of them on stderr.
int print_grants(int argc, const char* const* argv) {
  const std::string_view module = argc > 2 ? argv[2] : "";
  const TargetSpec* found = nullptr;
  std::string known;
  for (const auto* spec : all_target_specs()) {
    if (spec->grants != nullptr) {
      found = to_text(spec->module) == module ? spec : found;
      known.append(known.empty() ? "" : ", ").append(to_text(spec->module));
    }
  }
  CommandLine line;
  if (const auto status = read_options(argc, argv, module.starts_with('-') ? 1 : std::min(argc - 1, 2), line)) {
    return *status;
  }
  if (found == nullptr && module != kSystemd) {
    return refuse("acl: expected " + known + " or " + std::string(kSystemd) + ", as in: resource_exporter acl redis");
  }
  const Grants grants = found != nullptr ? found->grants(line.options, line.enabled)
                                         : service_rights(line.options, line.enabled, all_target_specs());
  std::fputs(grants.statements.c_str(), stdout);
  std::fflush(stdout);
  for (std::string_view rest = grants.remarks; !rest.empty();) {
    std::fputs(("# " + std::string(platform::take(rest, '\n')) + "\n").c_str(), stderr);
  }
  return 0;
}

int print(const Once& once) {
  std::fputs(once.text.c_str(), stdout);
  const bool printed = std::fflush(stdout) == 0;
  const int status = printed ? once.exit_status : 1;
  if (!once.rested) {
    std::_Exit(status);
  }
  return status;
}

int print_check(int argc, const char* const* argv) {
  CommandLine line;
  const auto status = read_options(argc, argv, 1, line);
  return status ? *status : print(check(line));
}

int print_page(int argc, const char* const* argv) {
  const std::string_view module = argc > 2 && argv[2][0] != '-' && argv[2][0] != '@' ? argv[2] : "";
  CommandLine line;
  if (const auto status = read_options(argc, argv, module.empty() ? 1 : 2, line)) {
    return *status;
  }
  std::string known;
  for (std::size_t i = 0; i < kModules; ++i) {
    const auto one = static_cast<Module>(i);
    known.append(i == 0 ? "" : i + 1 == kModules ? " or " : ", ").append(to_text(one));
    if (module.empty() || module == to_text(one)) {
      return print(scrape_once(line, module.empty() ? Selection::everything() : Selection::of(one)));
    }
  }
  return refuse("scrape: expected " + known + ", not '" + std::string(module) + "'");
}

int print_health(int argc, const char* const* argv) {
  CommandLine line;
  if (const auto status = read_options(argc, argv, 1, line)) {
    return *status;
  }
  const std::string wrong = healthcheck(line.options);
  std::fputs(wrong.empty() ? "" : ("resource_exporter: " + wrong + "\n").c_str(), stderr);
  return wrong.empty() ? 0 : 1;
}

constexpr SubcommandDesc kSubcommands[] = {
    {"check", "", false,
     "Collect once and print a table: what every collector and server gave, what is to be mended and how. Status 1 "
     "when a "
     "collector failed or a server is down"},
    {"scrape", "node container postgres redis merge", false,
     "Collect once and print the page, of all or of one module"},
    {"acl", "redis postgres systemd", true,
     "Print what gives the rights that the options need and no others: statements that make a user of the server; for "
     "systemd a drop-in of the unit"},
    {"migrate", "", false,
     "Print settings that do what the exporters do that run here, or that files start; see migrate --help. Status 1: "
     "there are none",
     "[--output=FILE] [FILE]..."},
    {"healthcheck", "", false,
     "Ask the exporter that runs with these options whether it is alive, at the first address it listens on. Status 1 "
     "when it is not"},
};
constexpr int (*kRun[])(int argc, const char* const* argv) = {print_check, print_page, print_grants, migrate::run,
                                                              print_health};
static_assert(std::size(kRun) == std::size(kSubcommands), "in the same order");

}  // namespace

std::span<const SubcommandDesc> all_subcommands() noexcept { return kSubcommands; }

std::optional<int> run_subcommand(int argc, const char* const* argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word.empty() || word[0] == '-' || word[0] == '@') {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < std::size(kSubcommands); ++i) {
    if (kSubcommands[i].name == word) {
      ::signal(SIGPIPE, SIG_IGN);  // a pager that ends early, a server that hangs up
      try {
        return kRun[i](argc, argv);
      } catch (const OptionError& error) {
        return refuse(error.what());
      }
    }
  }
  return refuse("unknown command '" + std::string(word) + "'");
}

}  // namespace exporter
