#include "collectors/redis/command_stats.h"

#include "collectors/redis/command.h"
#include "platform/text.h"

namespace exporter::redis {
namespace {

constexpr std::string_view kPrefix = "cmdstat_";

CommandStats::Numbers numbers(std::string_view list) noexcept {
  CommandStats::Numbers result;
  std::string_view name;
  std::string_view value;
  while (next_item(list, name, value)) {
    if (name == "calls") {
      result.calls = platform::lenient_number(value).value_or(0);
    } else if (name == "usec") {
      result.usec = platform::lenient_number(value).value_or(0);
    }
  }
  return result;
}

}  // namespace

CommandStats::CommandStats(std::string_view info) : section_(info_section(info, "Commandstats")), rest_(section_) {}

std::optional<CommandStats::Numbers> CommandStats::find(std::string_view command) noexcept {
  std::string_view field;
  std::string_view value;
  for (int round = 0; round < 2; ++round, rest_ = section_) {
    while (next_field(rest_, field, value)) {
      if (field.starts_with(kPrefix) && field.substr(kPrefix.size()) == command) {
        return numbers(value);
      }
    }
  }
  return std::nullopt;
}

std::optional<CommandStats::Numbers> CommandStats::find_container(std::string_view command) const noexcept {
  std::optional<Numbers> sum;
  std::string_view rest = section_;
  std::string_view field;
  std::string_view value;
  while (next_field(rest, field, value)) {
    field.remove_prefix(field.starts_with(kPrefix) ? kPrefix.size() : 0);
    if (field.size() > command.size() && field.starts_with(command) && field[command.size()] == '|') {
      const Numbers part = numbers(value);
      sum = Numbers{sum.value_or(Numbers{}).calls + part.calls, sum.value_or(Numbers{}).usec + part.usec};
    }
  }
  return sum;
}

}  // namespace exporter::redis
