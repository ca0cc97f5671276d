#include "exporter/help.h"

#include <algorithm>

#include "exporter/paragraph.h"
#include "exporter/subcommands.h"

namespace exporter {
namespace {

constexpr std::size_t kTextColumn = 30;

void append_entry(std::string& out, const std::string& what, std::string_view text) {
  out.append("  ").append(what);
  if (columns(what) + 4 > kTextColumn) {
    out += '\n';
    out.append(kTextColumn, ' ');
  } else {
    pad_to(out, kTextColumn);
  }
  append_paragraph(out, text, kTextColumn);
}

std::string usage_of(const SubcommandDesc& command) {
  std::string words(command.words);
  std::replace(words.begin(), words.end(), ' ', '|');
  constexpr std::size_t kLongest = 24;  // more would not fit a line
  words = words.size() > kLongest ? "MODULE" : words;
  std::string usage(command.name);
  if (!words.empty()) {
    usage.append(command.word_needed ? " " : " [").append(words).append(command.word_needed ? "" : "]");
  }
  return usage;
}

}  // namespace

std::string variable_of(std::string_view name) {
  std::string result = "RESOURCE_EXPORTER_";
  for (const char c : name) {
    result += c == '.' || c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return result;
}

std::string value_of(const OptionDesc& desc) {
  std::string words(desc.choices);
  std::replace(words.begin(), words.end(), ',', '|');
  switch (desc.type) {
    case OptionType::flag:
      return {};
    case OptionType::seconds:
      return "TIME";
    case OptionType::integer:
    case OptionType::number:
      return "NUMBER";
    case OptionType::regex:
      return "REGEX";
    default:
      return words.empty() ? "VALUE" : words;
  }
}

std::string description_of(const OptionDesc& desc) {
  std::string text(desc.help);
  if (desc.type != OptionType::flag && !desc.default_value.empty()) {
    text.append(" [").append(desc.default_value).append("]");
  }
  if (!desc.environment.empty()) {
    text.append(" (environment ").append(desc.environment).append(")");
  }
  return text;
}

std::string help_text(const OptionTable& table) {
  std::string out = "Usage: resource_exporter [OPTION]...\n";
  for (const auto& command : all_subcommands()) {
    out.append("       resource_exporter ").append(usage_of(command)).append(" ").append(command.rest).append("\n");
  }
  out += '\n';
  std::string summary(kSummary);
  summary[0] = 'H';
  append_paragraph(out,
                   summary.append(". Every option is also an environment variable: --log.level is ") +
                       variable_of("log.level") + ". A line of @FILE is a word of the command line.",
                   0);
  out += "\nCommands, which print once and end:\n";
  for (const auto& command : all_subcommands()) {
    append_entry(out, std::string(command.name), command.help);
  }
  out += "\nOptions that print and end:\n";
  for (const auto& option : kPrintingOptions) {
    append_entry(out, (option.name == "help" ? "-h, --" : "--") + std::string(option.name), option.help);
  }
  std::string_view group;
  for (const auto& row : table.rows()) {
    const OptionDesc& desc = row->desc;
    if (desc.hidden) {
      continue;
    }
    if (row->group != group) {
      group = row->group;
      out.append("\n").append(group).append(":\n");
    }
    const std::string name(desc.name);
    append_entry(out,
                 desc.environment_only           ? name + " (environment)"
                 : desc.type == OptionType::flag ? "--[no-]" + name
                                                 : "--" + name + "=" + value_of(desc),
                 description_of(desc));
  }
  return out;
}

}  // namespace exporter
