#include "collectors/host/updates_parser.h"

#include <algorithm>
#include <vector>

#include "platform/text.h"

namespace exporter::host::updates {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Cuts and returns the next letter; 0 at the end.
char next_letter(std::string_view& text) noexcept {
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (is_letter(c)) {
      return c;
    }
  }
  return 0;
}

// Cuts and returns the next run of digits, without zeros in front; empty at the end.
std::optional<std::string_view> next_number(std::string_view& text) noexcept {
  while (!text.empty() && !is_digit(text.front())) {
    text.remove_prefix(1);
  }
  if (text.empty()) {
    return std::nullopt;
  }
  const auto end = std::min(
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin()), text.size());
  auto number = text.substr(0, end);
  text.remove_prefix(end);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

}  // namespace

bool same_flavour(std::string_view a, std::string_view b) noexcept {
  for (;;) {
    const char of_a = next_letter(a);
    if (of_a != next_letter(b)) {
      return false;
    }
    if (of_a == 0) {
      return true;
    }
  }
}

bool newer(std::string_view a, std::string_view b) noexcept {
  for (;;) {
    const auto of_a = next_number(a);
    const auto of_b = next_number(b);
    if (!of_a) {
      return false;
    }
    if (!of_b) {
      return true;
    }
    if (*of_a != *of_b) {
      return of_a->size() != of_b->size() ? of_a->size() > of_b->size() : *of_a > *of_b;
    }
  }
}

Available available_updates(std::string_view text) noexcept {
  const auto has = [](std::string_view line, std::string_view part) { return line.find(part) != line.npos; };
  Available result;
  while (!text.empty()) {
    std::string_view line = platform::trim(platform::take(text, '\n'));
    const auto number = platform::number<std::uint64_t>(platform::word(line));
    // What a subscription would add is not available without it.
    if (!number || has(line, "additional") || has(line, "ESM")) {
      continue;
    }
    if (has(line, "security update")) {
      result.security = number;
    } else if (has(line, "can be applied") || has(line, "can be installed") || has(line, "can be updated")) {
      result.all = number;
    }
  }
  return result;
}

std::uint64_t different_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    if (const auto line = platform::trim(platform::take(text, '\n')); !line.empty()) {
      lines.push_back(line);
    }
  }
  std::sort(lines.begin(), lines.end());
  return static_cast<std::uint64_t>(std::unique(lines.begin(), lines.end()) - lines.begin());
}

}  // namespace exporter::host::updates
