#include "exporter/http_head.h"

#include <algorithm>

#include "platform/text.h"

namespace exporter {
namespace {

constexpr std::string_view kEnd = "\r\n";

// Characters of a method and of a header's name.
bool is_token(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool token(std::string_view text) noexcept { return !text.empty() && std::all_of(text.begin(), text.end(), is_token); }

// Bytes over 127 are somebody's UTF-8.
bool printable(char c) noexcept { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; }

bool request_line(std::string_view line) noexcept {
  const auto method = platform::take(line, ' ');
  const auto target = platform::take(line, ' ');
  return token(method) && !target.empty() && std::all_of(target.begin(), target.end(), printable) &&
         (line == "HTTP/1.1" || line == "HTTP/1.0");
}

bool header_line(std::string_view line) noexcept {
  const auto colon = line.find(':');
  const auto value = line.substr(std::min(colon, line.size()));
  return colon != std::string_view::npos && token(line.substr(0, colon)) &&
         std::all_of(value.begin(), value.end(), [](char c) { return printable(c) || c == ' ' || c == '\t'; });
}

}  // namespace

bool well_formed_head(std::string_view head) noexcept {
  bool first = true;
  for (;;) {
    const auto end = head.find(kEnd);
    if (end == std::string_view::npos) {
      return false;
    }
    const auto line = head.substr(0, end);
    head.remove_prefix(end + kEnd.size());
    if (line.empty()) {
      return !first;
    }
    if (!(first ? request_line(line) : header_line(line))) {
      return false;
    }
    first = false;
  }
}

}  // namespace exporter
