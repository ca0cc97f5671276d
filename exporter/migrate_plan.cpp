// One program's words and variables.
#include <algorithm>

#include "exporter/migrate_planner.h"
#include "exporter/migrate_words.h"

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
  } else if (name.starts_with("SSL_CERT_") && program().container.empty()) {
    put_variable(name, variable.value);
  } else if (!original().variables.empty() && name.starts_with(original().variables)) {
    to_do(name, "not a variable that is known here");
  }
}

}  // namespace exporter::migrate
