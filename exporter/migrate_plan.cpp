// One program's words and variables.
#include <algorithm>
#include <array>

#include "exporter/help.h"
#include "exporter/migrate_planner.h"
#include "exporter/migrate_words.h"
#include "platform/ascii.h"
#include "platform/text.h"

namespace exporter::migrate {
namespace {

constexpr std::size_t kMostRemarks = 200;
constexpr std::string_view kUnknown = "not an option that is known here; look for it in resource_exporter --help";

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

bool names_file(std::string_view option) {
  return option.ends_with("file") || option.ends_with(".directory") || option.ends_with("query-path") ||
         option.ends_with("idsfile") || option.ends_with("servicedir") || option == "script";
}

}  // namespace

std::optional<bool> go_truth(std::string_view text) noexcept {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) {
      return true;
    }
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) {
      return false;
    }
  }
  return std::nullopt;
}

const OptionDesc* Planner::option(std::string_view name) const {
  const auto found = options_.find(name);
  return found == options_.end() ? nullptr : found->second;
}

void Planner::to_do(std::string_view option, std::string text) {
  if (plan_.to_do.size() < kMostRemarks) {
    plan_.to_do.push_back({current_, std::string(option), std::move(text)});
  }
}

void Planner::left_out(std::string_view option, std::string_view text) {
  if (plan_.left_out.size() < kMostRemarks) {
    plan_.left_out.push_back({current_, std::string(option), std::string(text)});
  }
}

void Planner::read_words() {
  const auto& words = program().words;
  const std::size_t end = std::min(words.size(), kMostWords);
  for (std::size_t next = 0; next < end;) {
    const std::string& word = words[next++];
    if (word.size() > kLongestWord) {
      to_do("", "word " + std::to_string(next) + " is longer than 16 KiB and was not looked at");
    } else if (word.starts_with('@')) {
      to_do("", "word " + std::to_string(next) + " names a file of options: give that file to migrate as well");
    } else if (word.size() < 2 || word[0] != '-') {
      to_do("", "word " + std::to_string(next) + " is no option and was left out");
    } else {
      read_word(word, next);
    }
  }
  if (words.size() > end) {
    to_do("", "has more than 4096 words; the rest was not looked at");
  }
}

void Planner::read_word(std::string_view word, std::size_t& next) {
  word.remove_prefix(word.starts_with("--") ? 2 : 1);
  const auto equals = word.find('=');
  std::string_view name = word.substr(0, equals);
  std::optional<std::string_view> value;
  if (equals != std::string_view::npos) {
    value = word.substr(equals + 1);
  }
  if (!is_name(name)) {
    to_do("", "word " + std::to_string(next) + " is no option that can be read and was left out");
    return;
  }
  bool on = true;
  const Rule* rule = find_rule(program().original, name);
  const OptionDesc* desc = option(name);
  const std::string_view flag = name;
  if (rule == nullptr && desc == nullptr && name.starts_with("no-")) {
    name.remove_prefix(3);
    rule = find_rule(program().original, name);
    desc = option(name);
    on = false;
    if ((rule != nullptr && rule->valued) || (desc != nullptr && desc->type != OptionType::flag)) {
      rule = nullptr;
      desc = nullptr;
    }
  }
  const auto& words = program().words;
  if (rule == nullptr && (desc == nullptr || desc->environment_only)) {
    to_do(flag, std::string(kUnknown));
    if (!value && next < words.size() && !words[next].starts_with('-')) {
      ++next;  // its value, in all likelihood
    }
    return;
  }
  const bool valued = rule != nullptr ? rule->valued : desc->type != OptionType::flag;
  if (valued && !value) {
    if (next == words.size()) {
      to_do(flag, "has no value");
      return;
    }
    value = words[next++];
  }
  if (!valued && value) {
    const auto truth = go_truth(*value);
    if (!truth) {
      to_do(flag, "its value is neither true nor false");
      return;
    }
    on = on == *truth;
  }
  if (rule != nullptr) {
    apply(*rule, flag, value.value_or(""), on);
  } else {
    pass(flag, *desc, value.value_or(""), on);
  }
}

void Planner::read_variables() {
  for (const auto& variable : program().variables) {
    read_variable(variable);
  }
  if (!program().environment_known) {
    to_do("", "its environment cannot be read: run this as root, or give the files that set it");
  }
}

void Planner::read_variable(const Variable& variable) {
  const std::string& name = variable.name;
  const bool postgres = original().module == "postgres";
  if (variable.value.size() > kLongestWord) {
    to_do(name, "is longer than 16 KiB and was not looked at");
    return;
  }
  const auto found = by_variable_.find(name);
  const Rule* rule = find_rule_of_variable(program().original, name);
  if (rule != nullptr) {
    if (said_[current_].given.count(rule->flag) != 0) {
      return;  // the command line wins
    }
    const auto truth = rule->valued ? std::optional(true) : go_truth(variable.value);
    if (truth) {
      apply(*rule, name, variable.value, *truth);
    } else {
      left_out(name, "neither true nor false, which the exporter did not mind");
    }
  } else if (found != by_variable_.end()) {
    const OptionDesc& desc = *found->second;
    if (said_[current_].given.count(desc.name) != 0) {
      return;
    }
    if (name == "REDIS_ADDR") {
      pass(name, desc, variable.value, true);
    } else if (name == "DATA_SOURCE_NAME") {
      if (!variable.value.empty()) {
        postgres_.push_back({variable.value, name, current_});
      }
    } else if (fits(name, desc, variable.value)) {
      said_[current_].given.emplace(desc.name);
      put_variable(name, place(name, desc, variable.value));
    }
  } else if (postgres && is_libpq_variable(name)) {
    put_variable(name, variable.value);
  } else if (name == "REDIS_FILE" || name == "REDIS_ALIAS") {
    to_do(name, std::string(find_rule(Original::redis, name == "REDIS_FILE" ? "redis.file" : "redis.alias")->to));
  } else if (name.starts_with("SSL_CERT_")) {
    put_variable(name, variable.value);
  } else if (!original().variables.empty() && name.starts_with(original().variables)) {
    to_do(name, "not a variable that is known here");
  }
}

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
  if (masked(desc.name, whole) != whole) {
    // Every user may read a command line.
    return put_variable(desc.environment.empty() ? variable_of(desc.name) : std::string(desc.environment), whole);
  }
  put(flag, desc, "--" + name + "=" + whole);
}

}  // namespace exporter::migrate
