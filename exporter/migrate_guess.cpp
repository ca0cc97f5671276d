// Whose options a file holds that does not say so.
#include "exporter/migrate_sources.h"
#include "exporter/option_table.h"
#include "platform/ascii.h"

namespace exporter::migrate {
namespace {

std::optional<Original> guess_by_name(std::string_view name) {
  const std::string small = platform::lower(name.substr(name.rfind('/') + 1));
  for (const auto original :
       {Original::pgbouncer, Original::node, Original::cadvisor, Original::postgres, Original::redis}) {
    const std::string_view known = describe(original).name;
    const auto first = known.substr(0, known.find('_'));
    if (small.find(first) != std::string::npos && (first == known || small.find("exporter") != std::string::npos)) {
      return original;
    }
  }
  return std::nullopt;
}

std::optional<Original> guess_by_content(const Program& program) {
  for (const auto& variable : program.variables) {
    if (variable.name.starts_with("DATA_SOURCE_") || variable.name.starts_with("PG_EXPORTER_")) {
      return Original::postgres;
    }
    if (variable.name.starts_with("REDIS_")) {
      return Original::redis;
    }
  }
  const OptionTable table;
  for (const std::string_view word : program.words) {
    auto name = word.substr(std::min(word.find_first_not_of('-'), word.size()));
    name = name.substr(0, name.find('='));
    name.remove_prefix(name.starts_with("no-") ? 3 : 0);
    for (const auto original :
         {Original::node, Original::cadvisor, Original::postgres, Original::redis, Original::pgbouncer}) {
      const auto rules = rules_of(original);
      const std::string group = "Module " + std::string(describe(original).module);
      if (std::any_of(rules.begin(), rules.end(), [name](const Rule& rule) { return rule.flag == name; }) ||
          (original != Original::pgbouncer &&
           std::any_of(table.rows().begin(), table.rows().end(),
                       [&](const auto& row) { return row->desc.name == name && row->group == group; }))) {
        return original;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Original> guess_original(std::string_view file, const Program& settings) {
  const auto by_name = guess_by_name(file);
  return by_name ? by_name : guess_by_content(settings);
}

}  // namespace exporter::migrate
