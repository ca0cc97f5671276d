// How make_plan() goes about it: migrate_plan.cpp reads the words and variables of one program, migrate_pass.cpp
// decides about one option, migrate_merge.cpp brings the programs together.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/migrate.h"
#include "exporter/migrate_tables.h"
#include "exporter/option_table.h"

namespace exporter::migrate {

class Planner {
 public:
  explicit Planner(std::vector<Program> programs);
  Plan make();

 private:
  // A word of our command line, and where it comes from.
  struct Argument {
    std::string name;
    std::string word;
    std::size_t program;
  };
  // What one program says beside options.
  struct Said {
    std::vector<std::string> addresses;
    std::string host;  // cAdvisor's listen_ip and port
    std::string port;
    std::string path;
    std::set<std::string, std::less<>> given;  // names of ours
  };
  struct Server {
    std::string address;  // of a Redis, or a DSN
    std::string where;
    std::size_t program;
  };

  const Program& program() const { return plan_.programs[current_]; }
  const OriginalDesc& original() const { return describe(program().original); }
  const OptionDesc* option(std::string_view name) const;
  bool has(Original original) const;
  void to_do(std::string_view option, std::string text);
  void left_out(std::string_view option, std::string_view text);

  // migrate_plan.cpp
  void read_words();
  void read_word(std::string_view word, std::size_t& next);
  void read_variables();
  void read_variable(const Variable& variable);

  // migrate_pass.cpp
  void apply(const Rule& rule, std::string_view flag, std::string_view value, bool on);
  void apply_listed(std::string_view names);
  void pass(std::string_view flag, const OptionDesc& desc, std::string_view value, bool on);
  std::string place(std::string_view flag, const OptionDesc& desc, std::string_view value);
  bool fits(std::string_view flag, const OptionDesc& desc, std::string_view value);

  // migrate_merge.cpp
  void put(std::string_view flag, const OptionDesc& desc, const std::string& word);
  void put_variable(std::string_view name, std::string_view value);
  void listen();
  void listen_at(const std::string& address);

  // migrate_settle.cpp
  void fill_in();
  void fill_in_postgres();
  void settle_paths();
  void settle_web();
  void settle_servers();
  void settle_defaults();
  void settle_absent();
  void warn_of_peer(const std::string& dsn, const Program& of);
  void warn_of_container();

  OptionTable table_;
  std::map<std::string_view, const OptionDesc*> options_;      // by name
  std::map<std::string_view, const OptionDesc*> by_variable_;  // by the original's environment variable
  Plan plan_;
  std::size_t current_ = 0;
  std::vector<Said> said_;
  std::vector<Argument> arguments_;
  std::vector<Server> redis_;
  std::vector<Server> postgres_;
};

// "1", "t", "TRUE" and their opposites, as Go reads them.
std::optional<bool> go_truth(std::string_view text) noexcept;

}  // namespace exporter::migrate
