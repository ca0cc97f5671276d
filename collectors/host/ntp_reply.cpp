#include "collectors/host/ntp_reply.h"

#include <algorithm>

namespace exporter::host::ntp {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86400 * kSecond;
constexpr std::int64_t kEpoch = 2208988800;  // 1970 in seconds since 1900
constexpr unsigned kServer = 4;              // the mode of an answer
constexpr unsigned kNotSynchronised = 3;
constexpr unsigned kMostStratum = 15;
constexpr std::int64_t kFresh = (std::int64_t{1} << 17) * kSecond;  // the longest pause between two polls
constexpr double kMostDispersion = 16;

std::uint64_t big_endian(std::string_view text, std::size_t at, std::size_t size) noexcept {
  std::uint64_t value = 0;
  for (const char octet : text.substr(at, size)) {
    value = value << 8U | static_cast<unsigned char>(octet);
  }
  return value;
}

// Nanoseconds since 1970 of a time that counts 2^-32 s since 1900 and begins anew every 136 years: the one closest to
// `near`.
std::int64_t unix_time(std::uint64_t time, std::int64_t near) noexcept {
  const auto near_seconds = near / kSecond;
  const auto difference = static_cast<std::int32_t>(static_cast<std::uint32_t>(time >> 32U) -
                                                    static_cast<std::uint32_t>(near_seconds + kEpoch));
  const auto fraction = static_cast<std::int64_t>(((time & 0xffffffffU) * kSecond) >> 32U);
  return (near_seconds + difference) * kSecond + fraction;
}

double seconds(std::int64_t nanoseconds) noexcept { return static_cast<double>(nanoseconds) / 1e9; }

// Spans count 2^-16 s.
double span(std::uint64_t value) noexcept { return static_cast<double>(value) / 65536; }

}  // namespace

std::optional<Reading> read_reply(const Exchange& exchange) noexcept {
  const auto text = exchange.reply;
  if (text.size() < kPacket) {
    return std::nullopt;
  }
  const auto first = static_cast<unsigned char>(text[0]);
  const std::uint64_t transmitted = big_endian(text, 40, 8);
  if ((first & 7U) != kServer || transmitted == 0 || big_endian(text, 24, 8) != exchange.cookie) {
    return std::nullopt;
  }
  const std::uint64_t reference = big_endian(text, 16, 8);
  const std::int64_t reference_time = unix_time(reference, exchange.received);
  const std::int64_t server_received = unix_time(big_endian(text, 32, 8), exchange.received);
  Reading result;
  result.leap = first >> 6U;
  result.stratum = static_cast<unsigned char>(text[1]);
  result.root_delay = span(big_endian(text, 4, 4));
  result.root_dispersion = span(big_endian(text, 8, 4));
  result.reference_time = reference == 0 ? 0 : std::max(0.0, seconds(reference_time));
  result.server_time = unix_time(transmitted, exchange.received);
  const std::int64_t there = server_received - exchange.sent;
  const std::int64_t back = result.server_time - exchange.received;
  result.offset = (seconds(there) + seconds(back)) / 2;
  result.rtt = std::max(0.0, seconds(there - back));
  result.root_distance = (result.rtt + result.root_delay) / 2 + result.root_dispersion;
  result.least_error = seconds(std::max<std::int64_t>({0, -there, back}));
  const bool fresh = reference != 0 && result.server_time - reference_time <= kFresh;
  result.valid = result.stratum >= 1 && result.stratum <= kMostStratum && result.leap != kNotSynchronised && fresh &&
                 result.server_time >= reference_time && result.server_time >= server_received &&
                 result.root_delay / 2 + result.root_dispersion <= kMostDispersion;
  return result;
}

bool Judge::sane(const Reading& reading) noexcept {
  double tolerance = tolerance_;
  if (reading.leap == 1 || reading.leap == 2) {
    leap_midnight_ = reading.server_time / kDay * kDay + kDay;
  }
  if (leap_midnight_ && reading.server_time > *leap_midnight_ - kDay && reading.server_time < *leap_midnight_ + kDay) {
    tolerance += 1;
  }
  return reading.valid && reading.root_distance <= most_distance_ && reading.least_error <= tolerance;
}

}  // namespace exporter::host::ntp
