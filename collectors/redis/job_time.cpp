#include "collectors/redis/job_time.h"

#include "platform/container_facts.h"
#include "platform/text.h"

namespace exporter::redis::queues {

std::string_view json_member(std::string_view json, std::string_view name) noexcept {
  int depth = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c != '"') {
      depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
      continue;
    }
    const std::size_t begin = ++at;
    while (at < json.size() && json[at] != '"') {
      at += json[at] == '\\' ? 2 : 1;
    }
    if (depth != 1 || at >= json.size() || json.substr(begin, at - begin) != name) {
      continue;
    }
    const auto rest = platform::trim(json.substr(at + 1));
    if (rest.starts_with(':')) {
      const auto value = platform::trim(rest.substr(1));
      return platform::trim(value.substr(0, value.find_first_of(",}")));
    }
  }
  return {};
}

std::optional<double> moment_of(std::string_view text) noexcept {
  constexpr double kMilliseconds = 1e11;
  if (const auto number = platform::number<double>(text); number && *number > 0) {
    return *number > kMilliseconds ? *number / 1e3 : *number;
  }
  const auto time = platform::unix_time(text);
  return time > 0 ? std::optional(static_cast<double>(time)) : std::nullopt;
}

}  // namespace exporter::redis::queues
