// What we know of the exporters that we replace.
#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "exporter/migrate.h"

namespace exporter::migrate {

struct OriginalDesc {
  std::string_view name;
  std::string_view module;     // of ours
  std::string_view address;    // where it listens unless told
  std::string_view variables;  // what names of its environment variables for flags begin with
  bool last_counts;            // a flag may come twice; switches are written --x=false
};
const OriginalDesc& describe(Original original) noexcept;

// By the name of a program or of an image, with or without folder, registry, version and "prometheus-".
std::optional<Original> original_of(std::string_view program) noexcept;

// Whether the name of a program or file is that of Debian's package: prometheus-node-exporter.
bool is_packaged(std::string_view program) noexcept;

// Whether libpq reads an environment variable of this name.
bool is_libpq_variable(std::string_view name) noexcept;

// renamed: `to` is our option, with =VALUE when the old one is a switch.  none: `to` says what to do instead.
// implied: `to` says why nothing is to be done.  The others are made by the plan as their names say.
enum class Fate : std::uint8_t { renamed, none, implied, listen, port, host, path, log_level, log_format, dsn, listed };

struct Rule {
  std::string_view flag;
  bool valued;
  Fate fate;
  std::string_view to = {};
};

// What is other than here. Null: the same when we have an option of that name, else not known.
const Rule* find_rule(Original original, std::string_view flag) noexcept;
// By the environment variable for the flag: PG_EXPORTER_WEB_TELEMETRY_PATH.
const Rule* find_rule_of_variable(Original original, std::string_view variable) noexcept;
// For tests: the exceptions of one original, and those of all.
std::span<const Rule> rules_of(Original original) noexcept;
std::span<const Rule> common_rules() noexcept;

}  // namespace exporter::migrate
