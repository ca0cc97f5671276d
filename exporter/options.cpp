#include "exporter/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "platform/regex.h"
#include "platform/text.h"

namespace exporter {
namespace {

struct Unit {
  std::string_view name;
  double seconds;
};
constexpr std::array<Unit, 8> kUnits{
    {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"\xC2\xB5s", 1e-6}}};

bool truth(std::string_view text, bool& value) {
  for (const std::string_view yes : {"true", "1", "t", "T", "TRUE", "True", "yes", "on"}) {
    if (text == yes) {
      value = true;
      return true;
    }
  }
  for (const std::string_view no : {"false", "0", "f", "F", "FALSE", "False", "no", "off"}) {
    if (text == no) {
      value = false;
      return true;
    }
  }
  return false;
}

bool is_one_of(std::string_view word, std::string_view words) {
  bool found = false;
  while (!words.empty()) {
    found = platform::take(words, ',') == word || found;
  }
  return found;
}

}  // namespace

bool parse_duration(std::string_view text, double& seconds) noexcept {
  if (const auto plain = platform::number<double>(text); plain && *plain >= 0 && *plain < 1e12) {
    seconds = *plain;
    return true;
  }
  double sum = 0;
  if (text.empty()) {
    return false;
  }
  while (!text.empty()) {
    const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto amount = platform::number<double>(text.substr(0, digits));
    text.remove_prefix(digits);
    const auto length = std::min(text.find_first_of("0123456789."), text.size());
    const auto name = text.substr(0, length);
    const auto* const unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == name; });
    if (!amount || unit == kUnits.end()) {
      return false;
    }
    sum += *amount * unit->seconds;
    text.remove_prefix(length);
  }
  seconds = sum;
  return sum < 1e12;
}

void Options::declare(const OptionDesc& desc) {
  Setting setting;
  setting.type = desc.type;
  setting.choices = desc.choices;
  if (!desc.default_value.empty()) {
    parse(setting, desc.name, desc.default_value);
    if (desc.type == OptionType::list) {
      setting.given = false;
    }
  }
  if (!settings_.emplace(std::string(desc.name), std::move(setting)).second) {
    throw std::logic_error("option declared twice: " + std::string(desc.name));
  }
}

void Options::declare(std::span<const OptionDesc> descs) {
  for (const auto& desc : descs) {
    declare(desc);
  }
}

void Options::parse(Setting& setting, std::string_view name, std::string_view text) {
  const auto wrong = [&](std::string_view expected) {
    throw OptionError("option " + std::string(name) + ": expected " + std::string(expected) + ", not '" +
                      std::string(text) + "'");
  };
  switch (setting.type) {
    case OptionType::flag:
      if (!truth(text, setting.flag)) {
        wrong("true or false");
      }
      break;
    case OptionType::integer: {
      const auto value = platform::number<std::int64_t>(text);
      if (!value) {
        wrong("a whole number");
      }
      setting.integer = *value;
      break;
    }
    case OptionType::number: {
      const auto value = platform::number<double>(text);
      if (!value) {
        wrong("a number");
      }
      setting.number = *value;
      break;
    }
    case OptionType::seconds:
      if (!parse_duration(text, setting.number)) {
        wrong("a duration such as 500ms, 10s or 1m30s");
      }
      break;
    case OptionType::regex: {
      const platform::Pattern pattern{std::string(text)};
      if (!pattern.error().empty()) {
        wrong("a regular expression (RE2 syntax; " + pattern.error() + ")");
      }
      setting.text = text;
      break;
    }
    case OptionType::text:
      if (!setting.choices.empty() && !is_one_of(text, setting.choices)) {
        wrong("one of " + std::string(setting.choices));
      }
      setting.text = text;
      break;
    case OptionType::list:
      setting.list.emplace_back(text);
      break;
  }
}

void Options::set(std::string_view name, std::string_view text) {
  const auto found = settings_.find(name);
  if (found == settings_.end()) {
    throw std::logic_error("unknown option: " + std::string(name));
  }
  Setting& setting = found->second;
  if (setting.type == OptionType::list && !setting.given) {
    setting.list.clear();  // the default gives way to what the user names
  }
  parse(setting, name, text);
  setting.given = true;
}

const Options::Setting& Options::find(std::string_view name, OptionType type) const {
  const auto found = settings_.find(name);
  if (found == settings_.end()) {
    throw std::logic_error("option read but never declared: " + std::string(name));
  }
  const bool text = type == OptionType::text && found->second.type == OptionType::regex;
  const bool number = type == OptionType::number && found->second.type == OptionType::seconds;
  if (found->second.type != type && !text && !number) {
    throw std::logic_error("option read with another type: " + std::string(name));
  }
  return found->second;
}

bool Options::flag(std::string_view name) const { return find(name, OptionType::flag).flag; }
const std::string& Options::text(std::string_view name) const { return find(name, OptionType::text).text; }
std::int64_t Options::integer(std::string_view name) const { return find(name, OptionType::integer).integer; }
double Options::number(std::string_view name) const { return find(name, OptionType::number).number; }
std::span<const std::string> Options::list(std::string_view name) const { return find(name, OptionType::list).list; }

bool Options::on(std::string_view name) const {
  const auto found = settings_.find(name);
  if (found == settings_.end()) {
    return false;
  }
  const Setting& setting = found->second;
  return setting.type == OptionType::flag
             ? setting.flag
             : !setting.text.empty() || !setting.list.empty() || setting.number > 0 || setting.integer > 0;
}

bool Options::given(std::string_view name) const {
  const auto found = settings_.find(name);
  return found != settings_.end() && found->second.given;
}

std::vector<std::pair<std::string_view, std::string>> set_switches(std::span<const OptionDesc* const> lists,
                                                                   Options& options) {
  std::vector<std::pair<std::string_view, std::string>> unknown;
  std::map<std::string_view, bool> wanted;
  for (const OptionDesc* const desc : lists) {
    const auto& [words, on] = *desc->switches;
    std::string_view text = options.text(desc->name);
    if (!options.given(desc->name) || (on && text.empty())) {
      continue;
    }
    for (const SwitchWord& entry : words) {
      wanted[entry.option] = !on;
    }
    while (!text.empty()) {
      const auto word = platform::trim(platform::take(text, ','));
      bool known = word.empty();
      for (const SwitchWord& entry : words) {
        if (entry.word == word) {
          known = true;
          wanted[entry.option] = on;
        }
      }
      if (!known) {
        unknown.emplace_back(desc->name, word);
      }
    }
  }
  for (const auto& [option, on] : wanted) {
    if (!option.empty() && !options.given(option)) {
      options.set(option, on ? "true" : "false");
    }
  }
  return unknown;
}

}  // namespace exporter
