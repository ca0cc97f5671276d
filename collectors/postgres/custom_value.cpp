#include "collectors/postgres/custom_value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "collectors/postgres/query.h"
#include "platform/calendar.h"
#include "platform/text.h"

namespace exporter::postgres {
namespace {

// Numbers of types that never change (PostgreSQL sources, pg_type.dat).
constexpr std::uint32_t kBool = 16;
constexpr std::uint32_t kFloat4 = 700;
constexpr std::uint32_t kFloat8 = 701;
constexpr std::uint32_t kDate = 1082;
constexpr std::uint32_t kTimestamp = 1114;
constexpr std::uint32_t kTimestampTz = 1184;
constexpr std::uint32_t kInterval = 1186;

constexpr std::int64_t kDay = 86400;

bool is_date(std::uint32_t type) noexcept { return type == kDate || type == kTimestamp || type == kTimestampTz; }

std::optional<std::int64_t> whole(std::string_view text) noexcept {
  if (text.empty() || text[0] < '0' || text[0] > '9') {
    return std::nullopt;  // no second sign
  }
  return platform::number<std::int64_t>(text);
}

// "04:05:06.789", "04:05", "04": in seconds; the fraction apart.
bool parse_clock(std::string_view text, std::int64_t& seconds, double& fraction) noexcept {
  seconds = 0;
  fraction = 0;
  const auto point = text.find('.');
  if (point != std::string_view::npos) {
    const auto part = platform::number<double>(text.substr(point));
    if (!part) {
      return false;
    }
    fraction = *part;
    text = text.substr(0, point);
  }
  std::int64_t unit = 3600;
  for (; !text.empty() && unit > 0; unit /= 60) {
    const auto part = whole(platform::take(text, ':'));
    if (!part || *part > std::numeric_limits<std::int32_t>::max()) {
      return false;
    }
    seconds += *part * unit;
  }
  return text.empty() && unit < 3600;
}

// "2026-11-26", "2026-11-26 04:05:06.789+05:30", "0044-03-15 BC": seconds since 1970.
std::optional<std::int64_t> parse_date(std::string_view text) noexcept {
  const bool before_christ = text.ends_with(" BC");
  text.remove_suffix(before_christ ? 3 : 0);
  std::string_view date = platform::take(text, ' ');
  const auto year = whole(platform::take(date, '-'));
  const auto month = whole(platform::take(date, '-'));
  const auto day = whole(date);
  if (!year || !month || !day || *year > 300000 || *month < 1 || *month > 12 || *day < 1 || *day > 31) {
    return std::nullopt;
  }
  std::int64_t clock = 0;
  std::int64_t zone = 0;
  double fraction = 0;
  if (!text.empty()) {
    const auto sign = text.find_first_of("+-");
    if (!parse_clock(text.substr(0, sign), clock, fraction)) {
      return std::nullopt;
    }
    if (sign != std::string_view::npos) {
      if (!parse_clock(text.substr(sign + 1), zone, fraction)) {
        return std::nullopt;
      }
      zone = text[sign] == '-' ? -zone : zone;
    }
  }
  return platform::days_since_1970(before_christ ? 1 - *year : *year, *month, *day) * kDay + clock - zone;
}

// "1 year 2 mons -3 days +04:05:06.789", "00:00:01": seconds.
std::optional<double> parse_interval(std::string_view text) noexcept {
  constexpr double kMonth = 30.0 * kDay;
  constexpr double kYear = 365.25 * kDay;
  double seconds = 0;
  bool any = false;
  for (auto word = platform::word(text); !word.empty(); word = platform::word(text)) {
    any = true;
    const double sign = word[0] == '-' ? -1 : 1;
    word.remove_prefix(word[0] == '-' || word[0] == '+' ? 1 : 0);
    if (word.find(':') != std::string_view::npos) {
      std::int64_t clock = 0;
      double fraction = 0;
      if (!parse_clock(word, clock, fraction)) {
        return std::nullopt;
      }
      seconds += sign * (static_cast<double>(clock) + fraction);
      continue;
    }
    const auto count = whole(word);
    const auto unit = platform::word(text);
    if (!count || (!unit.starts_with("year") && !unit.starts_with("mon") && !unit.starts_with("day"))) {
      return std::nullopt;
    }
    seconds += sign * static_cast<double>(*count) * (unit[0] == 'y' ? kYear : unit[0] == 'm' ? kMonth : kDay);
  }
  return any ? std::optional(seconds) : std::nullopt;
}

// "0x1.8p3", which the exporter that users come from takes as well.
std::optional<double> parse_hexadecimal(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative || text.starts_with('+') ? 1 : 0);
  if (!text.starts_with("0x") && !text.starts_with("0X")) {
    return std::nullopt;
  }
  text.remove_prefix(2);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::hex);
  if (error != std::errc{} || end != text.data() + text.size() || text.find_first_of("pP") == std::string_view::npos) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

// The shortest digits that read back equal; with an exponent when that is below -4 or above 5.
void append_float(std::string& out, double value) {
  if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf" : "-Inf");
    return;
  }
  if (std::isnan(value)) {
    out.append("NaN");
    return;
  }
  std::array<char, 400> text;
  const double size = std::fabs(value);
  const auto form =
      size != 0 && (size < 1e-4 || size >= 1e6) ? std::chars_format::scientific : std::chars_format::fixed;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, form).ptr;
  out.append(text.data(), end);
}

}  // namespace

std::optional<Value> custom_number(std::string_view text, std::uint32_t type) noexcept {
  if (type == kBool) {
    return text == "t" ? std::optional<Value>(1) : text == "f" ? std::optional<Value>(0) : std::nullopt;
  }
  if (is_date(type)) {
    if (const auto seconds = parse_date(text)) {
      return Value(*seconds);
    }
  }
  if (type == kInterval) {
    if (const auto seconds = parse_interval(text)) {
      return Value(*seconds);
    }
  }
  if (const auto value = parse_value(text)) {
    return value;
  }
  if (const auto value = parse_hexadecimal(text)) {
    return Value(*value);
  }
  return std::nullopt;
}

void append_custom_label(std::string& out, std::string_view text, std::uint32_t type) {
  if (type == kBool && (text == "t" || text == "f")) {
    out.append(text == "t" ? "true" : "false");
    return;
  }
  if (type == kFloat4 || type == kFloat8) {
    if (const auto value = platform::lenient_number(text)) {
      append_float(out, *value);
      return;
    }
  }
  if (is_date(type)) {
    if (const auto seconds = parse_date(text)) {
      std::array<char, 24> digits;
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *seconds).ptr;
      out.append(digits.data(), end);
      return;
    }
  }
  out.append(text);
}

bool custom_numbers(std::string_view text, std::vector<double>& out) {
  out.clear();
  if (!text.starts_with('{') || !text.ends_with('}') || text.size() < 2) {
    return false;
  }
  text = text.substr(1, text.size() - 2);
  for (bool more = !text.empty(); more;) {
    more = text.find(',') != std::string_view::npos;
    const auto value = platform::lenient_number(platform::take(text, ','));
    if (!value) {
      return false;
    }
    out.push_back(*value);
  }
  return true;
}

}  // namespace exporter::postgres
