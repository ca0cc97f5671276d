// `resource_exporter migrate`: settings of ours that do what exporters do that run here, or that a text starts.
//   reading   migrate_processes.cpp, migrate_text.cpp, migrate_yaml.cpp   -> Program
//   meaning   migrate_plan.cpp by the tables in migrate_tables.cpp        -> Plan; see migrate_planner.h
//   printing  migrate_report.cpp
// Nothing is executed and no server is asked. For one thread, before there are others.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/host.h"

namespace exporter::migrate {

enum class Original : std::uint8_t { node, cadvisor, postgres, redis, pgbouncer };

struct Variable {
  std::string name;
  std::string value;
};

// An exporter that runs, or that a text starts. All texts are as they were found: any bytes, secrets among them.
struct Program {
  Original original = Original::node;
  std::string where;                   // "pid 812", "/etc/default/prometheus-node-exporter"
  std::string unit;                    // what systemctl calls it; empty: none
  bool of_user = false;                // a unit of a user's own manager
  std::string container;               // "docker 0123456789ab", or "container" of a text; empty: none
  std::string folder;                  // its working directory; empty: not known
  std::vector<std::string> words;      // without the program's own name
  std::vector<Variable> variables;     // of its environment, at most those that concern an exporter
  std::vector<std::string> published;  // addresses of the machine that lead to its port, when others than its own
  bool packaged = false;               // called prometheus-..., as Debian's are, which may be of long ago
  bool own_network = false;            // a network namespace of its own
  bool environment_known = true;
  bool settings_only = false;  // of a text: options without the command that takes them
};

struct Found {
  std::vector<Program> programs;
  std::vector<std::string> troubles;  // what could not be read, a line each with the remedy; never a value
  void add_trouble(std::string text) {
    if (troubles.size() < 100) {
      troubles.push_back(std::move(text));
    }
  }
};

inline constexpr std::size_t kMostPrograms = 64;
inline constexpr std::size_t kMostWords = 4096;        // of a program
inline constexpr std::size_t kLongestWord = 16 << 10;  // bytes
inline constexpr std::size_t kLongestText = 4 << 20;   // bytes of a file
inline constexpr std::size_t kLongestLine = 64 << 10;  // bytes

// The exporters among the processes of `host`. Containers' are among them.
void find_processes(const platform::Host& host, Found& found);

// Command lines, unit files, files of /etc/default, `docker run`, compose files, pods of Kubernetes: what `text` holds.
// `name` is shown, and tells whose options they are when the text does not.
void find_in_text(std::string_view name, std::string_view text, Found& found);
// After the last text: options that a unit takes from an EnvironmentFile= are brought together with it.
void join_texts(Found& found);

// A remark on an option of a program.
struct Remark {
  std::size_t program = 0;  // in Plan::programs
  std::string option;       // as the original calls it; empty: the program as a whole
  std::string text;         // never a value
};

struct Setting {
  std::string name;
  std::string value;
  std::string shown;  // with PASSWORD in the place of secrets
  std::string where;  // it comes from
};

struct Plan {
  std::vector<Program> programs;
  std::vector<std::string> listen;     // node=:9100
  std::vector<std::string> arguments;  // words of our command line besides; no secrets
  std::vector<Setting> variables;
  std::vector<Remark> to_do;     // has no equal here, or wants a look
  std::vector<Remark> left_out;  // nothing is to be done
};

Plan make_plan(std::vector<Program> programs);

// The options file for /etc/default/resource_exporter, with or without secrets: settings, all else comments.
std::string options_file(const Plan& plan, bool secrets);
// The options file without secrets, and what is to be done, as comments.
std::string report(const Plan& plan, const std::vector<std::string>& troubles);

// The command; the exit status.
int run(int argc, const char* const* argv);

}  // namespace exporter::migrate
