#include "exporter/http_head.h"

#include <algorithm>

#include "platform/http_text.h"
#include "platform/text.h"

namespace exporter {
namespace {

constexpr std::string_view kEnd = "\r\n";

bool request_line(std::string_view line) noexcept {
  const auto method = platform::take(line, ' ');
  const auto target = platform::take(line, ' ');
  return platform::http_token(method) && !target.empty() &&
         std::all_of(target.begin(), target.end(), platform::http_visible) &&
         (line == "HTTP/1.1" || line == "HTTP/1.0");
}

bool header_line(std::string_view line) noexcept {
  const auto colon = line.find(':');
  const auto value = line.substr(std::min(colon, line.size()));
  return colon != std::string_view::npos && platform::http_token(line.substr(0, colon)) &&
         std::all_of(value.begin(), value.end(),
                     [](char c) { return platform::http_visible(c) || c == ' ' || c == '\t'; });
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
