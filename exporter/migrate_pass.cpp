// What becomes of one option.
#include "exporter/help.h"
#include "exporter/migrate_planner.h"
#include "exporter/migrate_words.h"
#include "platform/ascii.h"
#include "platform/text.h"

namespace exporter::migrate {
namespace {

bool names_file(std::string_view option) {
  return option.ends_with("file") || option.ends_with(".directory") || option.ends_with("query-path") ||
         option.ends_with("idsfile") || option.ends_with("servicedir") || option == "script";
}

}  // namespace

void Planner::apply(const Rule& rule, std::string_view flag, std::string_view value, bool on) {
  Said& said = said_[current_];
  said.given.emplace(rule.flag);
  switch (rule.fate) {
    case Fate::none:
      // What is switched off, or empty, asks for nothing.
      if (rule.valued ? !value.empty() : on) {
        to_do(flag, std::string(rule.to));
      }
      return;
    case Fate::implied:
      return left_out(flag, rule.to);
    case Fate::listen:
      said.addresses.emplace_back(value);
      return;
    case Fate::port:
      said.port = value;
      return;
    case Fate::host:
      said.host = value;
      return;
    case Fate::path:
      said.path = value;
      return;
    case Fate::dsn:
      postgres_.push_back({std::string(value), std::string(flag), current_});
      return;
    case Fate::listed:
      return apply_listed(value);
    case Fate::log_level: {
      const std::string level = platform::lower(value);
      const bool known = level == "debug" || level == "warn" || level == "error" || level == "info";
      return pass(flag, *option("log.level"),
                  known                                  ? level
                  : level == "warning"                   ? "warn"
                  : level == "fatal" || level == "panic" ? "error"
                                                         : "info",
                  true);
    }
    case Fate::log_format:
      return pass(flag, *option("log.format"), value.find("json") != std::string_view::npos ? "json" : "logfmt", true);
    case Fate::renamed:
      break;
  }
  std::string_view to = rule.to;
  if (const auto equals = to.find('='); equals != std::string_view::npos) {
    if (on) {
      pass(flag, *option(to.substr(0, equals)), to.substr(equals + 1), true);
    }
    return;
  }
  const bool opposite = to.starts_with("no-");
  to.remove_prefix(opposite ? 3 : 0);
  if (!opposite || on) {  // what is not switched off stays as it is by default
    pass(flag, *option(to), value, on != opposite);
  }
}

// node_exporter 0.15 and before: -collectors.enabled=cpu,meminfo
void Planner::apply_listed(std::string_view names) {
  pass("collectors.enabled", *option("collector.disable-defaults"), "", true);
  while (!names.empty()) {
    const auto name = platform::trim(platform::take(names, ','));
    const std::string ours = "collector." + std::string(name);
    if (const OptionDesc* const desc = option(ours)) {
      pass("collectors.enabled", *desc, "", true);
    } else {
      to_do("collectors.enabled", "one of its collectors is not known here");
    }
  }
}

// True when our parser takes the value; else a remark was made.
bool Planner::fits(std::string_view flag, const OptionDesc& desc, std::string_view value) {
  if (!is_plain(value)) {
    to_do(flag, "its value holds line breaks or bytes that are no text: set it by hand");
    return false;
  }
  try {
    Options options;
    options.declare(desc);
    options.set(desc.name, value);
    return true;
  } catch (const OptionError&) {
    to_do(flag, "its value is not one that is taken here; expected is " +
                    (desc.type == OptionType::flag ? "true or false" : value_of(desc)));
    return false;
  }
}

// A file of the program's own folder by its whole path.
std::string Planner::place(std::string_view flag, const OptionDesc& desc, std::string_view value) {
  if (!names_file(desc.name) || value.empty()) {
    return std::string(value);
  }
  if (!program().container.empty()) {
    to_do(flag, "names a file as the container sees it: put it where the service sees it");
  } else if (!value.starts_with('/')) {
    if (!program().folder.empty()) {
      return program().folder + (program().folder.ends_with('/') ? "" : "/") + std::string(value);
    }
    to_do(flag, "names a file in the folder in which the exporter was started: give the whole path");
  }
  return std::string(value);
}

// An option that we have as well.
void Planner::pass(std::string_view flag, const OptionDesc& desc, std::string_view value, bool on) {
  if (desc.hidden && desc.help == kNoEffect) {
    return left_out(flag, desc.notice);
  }
  if (!program().container.empty() && desc.name.starts_with("path.")) {
    return left_out(flag, "the service runs on the machine itself and needs no mounts; in a container it stays");
  }
  const bool is_flag = desc.type == OptionType::flag;
  if (!is_flag && !fits(flag, desc, value)) {
    return;
  }
  said_[current_].given.emplace(desc.name);
  if (desc.name == "redis.addr") {
    redis_.push_back({std::string(value), std::string(flag), current_});
    return;
  }
  const std::string name(desc.name);
  if (is_flag) {
    return put(flag, desc, (on ? "--" : "--no-") + name);
  }
  const std::string whole = place(flag, desc, value);
  if (!is_plain(whole)) {
    return to_do(flag, "stands in a folder whose name is no text: set it by hand");
  }
  if (masked(desc.name, whole) != whole) {
    // Every user may read a command line.
    return put_variable(desc.environment.empty() ? variable_of(desc.name) : std::string(desc.environment), whole);
  }
  put(flag, desc, "--" + name + "=" + whole);
}

}  // namespace exporter::migrate
