// The program's log: one line an event on stderr, logfmt or JSON, each written by a single write(2).
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace exporter {

enum class LogLevel : std::uint8_t { debug, info, warn, error };
enum class LogFormat : std::uint8_t { logfmt, json };

struct LogField {
  std::string_view key;
  std::string_view value;
};

// Thread-safe. Never throws; a line that cannot be written is lost. Values are cleaned of control characters and of
// bytes that are not UTF-8, so nothing a server sends can forge a line. Callers keep secrets out.
class Log {
 public:
  Log(LogLevel least, LogFormat format, int fd = 2) noexcept : least_(least), format_(format), fd_(fd) {}

  bool shows(LogLevel level) const noexcept { return level >= least_; }
  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) const noexcept;
  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) const noexcept {
    write(LogLevel::debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) const noexcept {
    write(LogLevel::info, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<LogField> fields = {}) const noexcept {
    write(LogLevel::warn, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) const noexcept {
    write(LogLevel::error, message, fields);
  }

 private:
  LogLevel least_;
  LogFormat format_;
  int fd_;
};

}  // namespace exporter
