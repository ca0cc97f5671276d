#include "exporter/log.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

#include "exporter/metric.h"

namespace exporter {
namespace {

constexpr std::array<std::string_view, 4> kLevels{"DEBUG", "INFO", "WARN", "ERROR"};

std::string timestamp() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 40> text;
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>(milliseconds));
  return text.data();
}

// Inside double quotes, valid for logfmt and JSON: control characters as \u00XX, the rest as a label value.
void append_quoted(std::string& out, std::string_view text) {
  std::string clean;
  append_escaped(clean, text);
  out += '"';
  for (const char c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      std::array<char, 8> escape;
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  out += '"';
}

bool bare(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F) {  // also bytes over 0x7F, which are negative
      return false;
    }
  }
  return !text.empty();
}

}  // namespace

void Log::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const noexcept try {
  if (!shows(level)) {
    return;
  }
  const bool json = format_ == LogFormat::json;
  std::string line;
  const auto field = [&](std::string_view key, std::string_view value, bool quote) {
    if (json) {
      line += line.empty() ? '{' : ',';
      append_quoted(line, key);
      line += ':';
    } else {
      if (!line.empty()) {
        line += ' ';
      }
      line.append(key).append("=");
    }
    if (json || quote || !bare(value)) {
      append_quoted(line, value);
    } else {
      line += value;
    }
  };
  field("time", timestamp(), false);
  field("level", kLevels.at(static_cast<std::size_t>(level)), false);
  field("msg", message, true);
  for (const auto& [key, value] : fields) {
    field(key, value, false);
  }
  line += json ? "}\n" : "\n";
  [[maybe_unused]] const ssize_t written = ::write(fd_, line.data(), line.size());
} catch (...) {  // out of memory: the line is lost, the program goes on
}

}  // namespace exporter
