// The completion of bash(1): complete, compgen and COMP_WORDS in its section "Programmable Completion".
#include <algorithm>

#include "exporter/help.h"
#include "exporter/subcommands.h"

namespace exporter {
namespace {

constexpr std::string_view kHead =
    R"sh(# Completion for resource_exporter in bash, made by resource_exporter --completion-bash
_resource_exporter() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev='' option='' words='' front=''
  if ((COMP_CWORD > 0)); then
    prev=${COMP_WORDS[COMP_CWORD - 1]}
  fi
  COMPREPLY=()
)sh";

// Bash makes three words of --option=value, where = breaks words.
constexpr std::string_view kValues = R"sh(
  if [[ $cur == '=' ]]; then
    option=$prev cur=''
  elif [[ $prev == '=' ]] && ((COMP_CWORD > 1)); then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $cur == --*=* ]]; then
    option=${cur%%=*} front=$option= cur=${cur#*=}
  elif [[ $prev == --* && " $valued " == *" ${prev#--} "* ]]; then
    option=$prev
  fi
  if [[ -n $option ]]; then
    case $option in
)sh";

constexpr std::string_view kCommands = R"sh(      *) return ;; # files, by -o default
    esac
    mapfile -t COMPREPLY < <(compgen -P "$front" -W "$words" -- "$cur")
    return
  fi
  if [[ $cur != -* ]]; then
    case $COMP_CWORD,${COMP_WORDS[1]} in
)sh";

constexpr std::string_view kTail = R"sh(    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    return
  fi
  if [[ $cur == --no-* ]]; then
    mapfile -t COMPREPLY < <(compgen -P --no- -W "$switches" -- "${cur#--no-}")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -P -- -W "$prints $switches" -- "${cur#--}"
    compgen -P -- -S = -W "$valued" -- "${cur#--}")
  if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -o default -F _resource_exporter resource_exporter
)sh";

void append_words(std::string& out, std::string_view variable, const std::string& words) {
  out.append("  local ").append(variable).append("='").append(words).append("'\n");
}

void append_case(std::string& out, const std::string& pattern, std::string_view words) {
  out.append("      ").append(pattern).append(") words='").append(words).append("' ;;\n");
}

}  // namespace

std::string bash_completion(const OptionTable& table) {
  std::string prints;
  std::string switches;
  std::string valued;
  std::string choices;
  for (const auto& option : kPrintingOptions) {
    prints.append(prints.empty() ? "" : " ").append(option.name);
  }
  for (const auto& row : table.rows()) {
    const OptionDesc& desc = row->desc;
    if (desc.hidden || desc.environment_only) {
      continue;
    }
    std::string& list = desc.type == OptionType::flag ? switches : valued;
    list.append(list.empty() ? "" : " ").append(desc.name);
    if (!desc.choices.empty()) {
      std::string words(desc.choices);
      std::replace(words.begin(), words.end(), ',', ' ');
      append_case(choices, "--" + std::string(desc.name), words);
    }
  }
  std::string commands;
  std::string names;
  for (const auto& command : all_subcommands()) {
    names.append(names.empty() ? "" : " ").append(command.name);
    if (!command.words.empty()) {
      append_case(commands, "2," + std::string(command.name), command.words);
    }
  }
  append_case(commands, "1,*", names);
  std::string out(kHead);
  append_words(out, "prints", prints);
  append_words(out, "switches", switches);
  append_words(out, "valued", valued);
  out.append(kValues).append(choices).append(kCommands).append(commands).append(kTail);
  return out;
}

}  // namespace exporter
